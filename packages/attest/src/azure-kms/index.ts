export { azureKmsSigner, type AzureKmsSignerOptions } from '../kms/azure-kms-signer.ts'
export type { KmsSignerOptions } from '../kms/kms-signer-options.ts'
