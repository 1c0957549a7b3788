import { type Digest, isDigest } from '@sallyport/core'
import { parseReference } from '@sallyport/oci'

/** What the `imageID` of a container's status says. */
export interface ImageId {
  /** Of an index, a manifest or a configuration: it does not say of which. */
  readonly digest?: Digest | undefined
  /** `registry/repository` that it was pulled from. */
  readonly pulledFrom?: string | undefined
}

/**
 * Reads an `imageID` in the forms of the container runtimes: `docker-pullable://repository@digest`, `docker://digest`,
 * `repository@digest`, a digest, or 64 hex digits. What is none of these says nothing.
 */
export function readImageId(text: string): ImageId {
  const id = text.trim().replace(/^[a-z][a-z0-9+.-]{0,40}:\/\//, '')
  if (isDigest(id)) return { digest: id }
  if (/^[0-9a-f]{64}$/.test(id)) return { digest: `sha256:${id}` }
  const named = readImageReference(id)
  if (named?.digest) return { digest: named.digest, pulledFrom: named.name }
  // The name may be one that only the runtime understands.
  const digest = id.slice(id.lastIndexOf('@') + 1)
  return isDigest(digest) ? { digest } : {}
}

/** The image reference of a container, with what a runtime adds to it: Docker Hub and the tag `latest`. */
export interface ImageReference {
  /** `registry/repository`. */
  readonly name: string
  /** Absent beside a digest. */
  readonly tag?: string | undefined
  readonly digest?: Digest | undefined
}

/** Reads the image reference of a container; `undefined` when it is none, as a digest alone. */
export function readImageReference(text: string): ImageReference | undefined {
  if (isDigest(text.trim())) return undefined
  try {
    const { registry, repository, tag, digest } = parseReference(text.trim(), {
      defaultRegistry: 'docker.io',
    })
    const name = `${registry}/${repository}`
    return digest ? { name, digest } : { name, tag: tag ?? 'latest' }
  } catch {
    return undefined
  }
}
