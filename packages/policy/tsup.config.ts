import { buildOf } from '../../tsup.base.ts'

export default buildOf({
  index: 'src/index.ts',
  cases: 'src/cases/index.ts',
  rego: 'src/rego/index.ts',
  report: 'src/report/index.ts',
})
