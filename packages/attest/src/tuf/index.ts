export type { ServiceOptions } from '../keyless/service-options.ts'
export {
  type FetchedTrustedRoot,
  fetchTrustedRoot,
  type FetchTrustedRootOptions,
} from '../trust/tuf/fetch-trusted-root.ts'
