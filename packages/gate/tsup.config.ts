import { buildOf } from '../../tsup.base.ts'

export default buildOf({
  index: 'src/index.ts',
  console: 'src/console/index.ts',
  database: 'src/database/index.ts',
  dbos: 'src/dbos/index.ts',
  postgres: 'src/postgres/index.ts',
  report: 'src/report/index.ts',
  statements: 'src/statements/index.ts',
})
