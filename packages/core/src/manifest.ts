import type { Descriptor } from './descriptor.ts'

/** An image manifest, or an artifact in its form (OCI image specification, manifest.md; Docker schema 2 alike). */
export interface ImageManifest {
  /** Always 2. */
  readonly schemaVersion: 2
  /** Its own media type; OCI manifests may leave it out. */
  readonly mediaType?: string | undefined
  /** What the artifact is, when it is no image. */
  readonly artifactType?: string | undefined
  /** The configuration of an image; of an artifact often the empty object, `mediaTypes.ociEmpty`. */
  readonly config: Descriptor
  /** The layers of an image, the lowest first, or the files of an artifact. */
  readonly layers: readonly Descriptor[]
  /** What the manifest is evidence about; it makes it a referrer. */
  readonly subject?: Descriptor | undefined
  /** Free text under names that its writer chose. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** An image index: one manifest for each platform (OCI image specification, image-index.md; Docker lists alike). */
export interface ImageIndex {
  /** Always 2. */
  readonly schemaVersion: 2
  /** Its own media type; OCI indexes may leave it out. */
  readonly mediaType?: string | undefined
  /** What the index is, when it is no image. */
  readonly artifactType?: string | undefined
  /** The images, artifacts and indexes that it lists, in its order. */
  readonly manifests: readonly Descriptor[]
  /** What the index is evidence about; it makes it a referrer. */
  readonly subject?: Descriptor | undefined
  /** Free text under names that its writer chose. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** A manifest or index exactly as it was received: its digest is over `bytes`, which are never serialised again. */
export interface RawManifest {
  /** Digest, size and media type of `bytes`; nothing else. */
  readonly descriptor: Descriptor
  /** The manifest as it came. */
  readonly bytes: Uint8Array
}
