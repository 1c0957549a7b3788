export type { RegistryAuth } from './registry/authenticate.ts'
export type { InjectedFault, RequestHook } from './registry/injected-fault.ts'
export type { RecordedRequest, RegistryRequest, RequestKind } from './registry/recorded-request.ts'
export {
  faithfulRegistry,
  type RegistryProfile,
  registryProfiles,
  type RegistryQuirks,
} from './registry/registry-quirks.ts'
export {
  type RepositorySnapshot,
  startRegistry,
  type StartRegistryOptions,
  type TestRegistry,
} from './registry/start-registry.ts'
