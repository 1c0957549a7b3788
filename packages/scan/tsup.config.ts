import { buildOf } from '../../tsup.base.ts'

export default buildOf({
  index: 'src/index.ts',
  harbor: 'src/harbor/index.ts',
  report: 'src/report/index.ts',
  database: 'src/database/index.ts',
  grype: 'src/grype/index.ts',
  'osv-scanner': 'src/osv-scanner/index.ts',
  sources: 'src/advisories/sources/index.ts',
  compare: 'src/compare/index.ts',
  findings: 'src/findings/index.ts',
  ignore: 'src/ignore/index.ts',
  trivy: 'src/trivy/index.ts',
})
