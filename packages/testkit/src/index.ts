export { createImage, createImageIndex } from './image/create-image.ts'
export type { GeneratedImage } from './image/generated-image.ts'
export type { FileDescription, ImageDescription, LayerDescription } from './image/image-description.ts'
export { pushImage, type PushTarget } from './image/push-image.ts'
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
