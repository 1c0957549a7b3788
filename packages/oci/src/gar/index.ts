export type { Expiring } from '../cloud/cached-credentials.ts'
export { garCredentials, type GarCredentialsOptions } from '../cloud/gar-credentials.ts'
