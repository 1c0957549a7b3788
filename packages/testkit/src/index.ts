export { createImage, createImageIndex } from './image/create-image.ts'
export type { GeneratedImage } from './image/generated-image.ts'
export type { FileDescription, ImageDescription, LayerDescription } from './image/image-description.ts'
export { pushImage, type PushTarget } from './image/push-image.ts'
export type {
  RegistryAuth,
  RegistryUser,
  RepositoryAction,
  RepositoryGrant,
} from './registry/auth/registry-auth.ts'
export type { NotificationCounts, NotificationEndpoint } from './registry/events/notify-endpoint.ts'
export type { EventDescriptor, RegistryAction, RegistryEvent } from './registry/events/registry-event.ts'
export { faultOn, firstFault, type RequestMatch } from './registry/faults/fault-on.ts'
export type { InjectedFault, RequestHook, ResponseDrip } from './registry/faults/injected-fault.ts'
export { registryFaults, type SlowResponseOptions } from './registry/faults/registry-faults.ts'
export type { AccessQuirks } from './registry/quirks/access-quirks.ts'
export type { BlobQuirks } from './registry/quirks/blob-quirks.ts'
export type { ListingQuirks } from './registry/quirks/listing-quirks.ts'
export type { ImmutableTagRefusal, ManifestQuirks } from './registry/quirks/manifest-quirks.ts'
export type { ReferrersQuirks } from './registry/quirks/referrers-quirks.ts'
export { type RegistryProfile, registryProfiles } from './registry/quirks/registry-profiles.ts'
export { faithfulRegistry, type RegistryQuirks } from './registry/quirks/registry-quirks.ts'
export type { RecordedRequest, RegistryRequest, RequestKind } from './registry/recorded-request.ts'
export {
  type RepositorySnapshot,
  startRegistry,
  type StartRegistryOptions,
  type TestRegistry,
} from './registry/start-registry.ts'
