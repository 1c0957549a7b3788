import { buildOf } from '../../tsup.base.ts'

export default buildOf({
  index: 'src/index.ts',
  distro: 'src/distro/index.ts',
  sbom: 'src/sbom/index.ts',
})
