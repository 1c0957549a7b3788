export { canonicalJson } from './canonical-json.ts'
export type { Descriptor } from './descriptor.ts'
export {
  type Digest,
  type DigestAlgorithm,
  digestAlgorithm,
  digestHex,
  digestOf,
  isDigest,
  parseDigest,
  toDigest,
} from './digest.ts'
export { CoreError, type CoreErrorCode } from './errors.ts'
export { findAmbiguousKey, type NamedFields } from './find-ambiguous-key.ts'
export { type FileRecord, readMagic } from './file-record.ts'
export { formatBytes } from './format-bytes.ts'
export { formatCount } from './format-count.ts'
export { isIndexMediaType, isManifestMediaType, mediaTypes } from './media-types.ts'
export type { ImageIndex, ImageManifest, RawManifest } from './manifest.ts'
export { formatPlatform, parsePlatform, type Platform } from './platform.ts'
export type { BlobOptions, BlobReader, BlobReadOptions, BlobStore } from './ports/blob.ts'
export { type Clock, systemClock } from './ports/clock.ts'
export type { Limiter } from './ports/limiter.ts'
export { formatReference, type Reference } from './reference.ts'
export { isSallyportError, SallyportError, type SallyportErrorOptions } from './sallyport-error.ts'
export type { Verdict } from './verdict.ts'
export { followSignal, joinSignals, type JoinedSignal } from './follow-signal.ts'
export { isJsonDeeperThan } from './json-depth.ts'
export {
  type DocumentSchema,
  parseJsonDocument,
  type ParseJsonDocumentOptions,
} from './parse-json-document.ts'
export { runConcurrently } from './run-concurrently.ts'
export { parseStrictJson, StrictJsonError, type StrictJsonOptions } from './strict-json.ts'
