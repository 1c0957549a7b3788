import { buildOf } from '../../tsup.base.ts'

export default buildOf({ index: 'src/index.ts', rego: 'src/rego/index.ts' })
