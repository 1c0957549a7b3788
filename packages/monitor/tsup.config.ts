import { buildOf } from '../../tsup.base.ts'

export default buildOf({
  index: 'src/index.ts',
  sources: 'src/sources/index.ts',
  sinks: 'src/sinks/index.ts',
  postgres: 'src/postgres/index.ts',
})
