import { buildOf } from '../../tsup.base.ts'

export default buildOf({
  index: 'src/index.ts',
  acr: 'src/acr/index.ts',
  cloud: 'src/cloud/index.ts',
  ecr: 'src/ecr/index.ts',
  gar: 'src/gar/index.ts',
})
