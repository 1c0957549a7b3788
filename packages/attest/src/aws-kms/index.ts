export { awsKmsSigner, type AwsKmsSignerOptions } from '../kms/aws-kms-signer.ts'
export type { KmsSignerOptions } from '../kms/kms-signer-options.ts'
