export type { ServiceOptions } from '../service/service-options.ts'
export {
  type FetchedTrustedRoot,
  fetchTrustedRoot,
  type FetchTrustedRootOptions,
} from '../trust/tuf/fetch-trusted-root.ts'
