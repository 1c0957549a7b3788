import { buildOf } from '../../tsup.base.ts'

export default buildOf({
  index: 'src/index.ts',
  database: 'src/database/index.ts',
  trivy: 'src/trivy/index.ts',
})
