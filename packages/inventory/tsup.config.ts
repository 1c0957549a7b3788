import { buildOf } from '../../tsup.base.ts'

export default buildOf({ index: 'src/index.ts', sbom: 'src/sbom/index.ts' })
