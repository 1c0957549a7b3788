import type { Descriptor } from './descriptor.ts'

/** An image manifest, or an artifact in its form (OCI image specification, manifest.md; Docker schema 2 alike). */
export interface ImageManifest {
  readonly schemaVersion: 2
  readonly mediaType?: string | undefined
  readonly artifactType?: string | undefined
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  readonly subject?: Descriptor | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** An image index: one manifest for each platform (OCI image specification, image-index.md; Docker lists alike). */
export interface ImageIndex {
  readonly schemaVersion: 2
  readonly mediaType?: string | undefined
  readonly artifactType?: string | undefined
  readonly manifests: readonly Descriptor[]
  readonly subject?: Descriptor | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** A manifest or index exactly as it was received: its digest is over `bytes`, which are never serialised again. */
export interface RawManifest {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}
