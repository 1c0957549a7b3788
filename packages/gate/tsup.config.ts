import { buildOf } from '../../tsup.base.ts'

export default buildOf({
  index: 'src/index.ts',
  postgres: 'src/postgres/index.ts',
  report: 'src/report/index.ts',
})
