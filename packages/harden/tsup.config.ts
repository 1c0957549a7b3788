import { buildOf } from '../../tsup.base.ts'

export default buildOf({ index: 'src/index.ts', patch: 'src/patch/index.ts' })
