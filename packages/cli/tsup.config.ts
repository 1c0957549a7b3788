import { buildOf } from '../../tsup.base.ts'

export default buildOf({ index: 'src/index.ts', main: 'src/main.ts' })
