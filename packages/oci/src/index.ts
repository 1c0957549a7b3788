export { OciError, type OciErrorCode, type OciErrorOptions } from './errors.ts'
export type { ListReferrersOptions, PutManifestOptions, Repository } from './ports/repository.ts'
