import { type BlobReader, type Descriptor, type Digest, digestOf, type RawManifest } from '@sallyport/core'

/** An image or index in memory: its manifest, everything below it, and a reader of its blobs. */
export interface GeneratedImage extends BlobReader {
  /** The manifest or index itself. */
  readonly raw: RawManifest
  /** Manifests that `raw` names, children first; empty for an image of one platform. */
  readonly children: readonly RawManifest[]
  /** Config and layers, in the order of the manifests. */
  readonly blobs: readonly Descriptor[]
  /** Digests of the uncompressed layers. */
  readonly diffIds: readonly Digest[]
}

/** Reads blobs from memory. */
export function createMemoryReader(contents: ReadonlyMap<Digest, Uint8Array>): BlobReader {
  return {
    async *open(blob, { offset = 0, signal } = {}) {
      signal?.throwIfAborted()
      const content = contents.get(blob.digest)
      if (!content) throw new Error(`the generated image has no ${blob.digest}`)
      if (content.byteLength !== blob.size || digestOf(content) !== blob.digest) {
        throw new Error(`${blob.digest} is not what the descriptor says`)
      }
      for (let at = offset; at < content.byteLength; at += 64 * 1024) {
        signal?.throwIfAborted()
        yield content.subarray(at, at + 64 * 1024)
      }
    },
  }
}
