import { buildOf } from '../../tsup.base.ts'

export default buildOf({
  index: 'src/index.ts',
  grype: 'src/grype/index.ts',
  'osv-scanner': 'src/osv-scanner/index.ts',
  trivy: 'src/trivy/index.ts',
})
