export { gcpKmsSigner, type GcpKmsSignerOptions } from '../kms/gcp-kms-signer.ts'
export type { KmsSignerOptions } from '../kms/kms-signer-options.ts'
