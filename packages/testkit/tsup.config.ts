import { buildOf } from '../../tsup.base.ts'

export default buildOf({
  index: 'src/index.ts',
  contracts: 'src/contracts/index.ts',
  kubernetes: 'src/kubernetes/index.ts',
  sigstore: 'src/sigstore/index.ts',
  tls: 'src/tls/index.ts',
})
