import { buildOf } from '../../tsup.base.ts'

export default buildOf({
  index: 'src/index.ts',
  'aws-kms': 'src/aws-kms/index.ts',
  'azure-kms': 'src/azure-kms/index.ts',
  'gcp-kms': 'src/gcp-kms/index.ts',
  tuf: 'src/tuf/index.ts',
  vault: 'src/vault/index.ts',
})
