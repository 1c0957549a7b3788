export { acrCredentials, type AcrCredentialsOptions } from '../cloud/acr-credentials.ts'
export type { Expiring } from '../cloud/cached-credentials.ts'
