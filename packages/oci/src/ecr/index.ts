export { ecrCredentials, type EcrCredentialsOptions } from '../cloud/ecr-credentials.ts'
export type { AwsCredentials } from '../cloud/sign-aws-request.ts'
