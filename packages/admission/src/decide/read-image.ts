import { formatReference, type Reference } from '@sallyport/core'
import { parseReference } from '@sallyport/oci'

/** An image reference as Kubernetes understands it. */
export interface ReadImage extends Reference {
  /** `registry/repository`. */
  readonly place: string
  /** What patterns are compared with: the same place has one name only. */
  readonly matched: string
}

/**
 * Reads a reference as a container runtime does: a name without registry is one of Docker Hub, and without tag and digest
 * it is `latest`. The host is in lower case: `Registry.example` is no other registry.
 *
 * @throws {OciError} `REFERENCE_INVALID`.
 */
export function readImage(text: string): ReadImage {
  const {
    registry: written,
    repository,
    tag,
    digest,
  } = parseReference(text, { defaultRegistry: 'docker.io' })
  const registry = written.toLowerCase()
  const place = `${registry}/${repository}`
  return {
    registry,
    repository,
    ...(tag === undefined && digest === undefined ? { tag: 'latest' } : { tag }),
    digest,
    place,
    matched: `${registry.replace(/:443$/, '')}/${repository}`,
  }
}

/** The full reference with the digest that was verified. */
export function pinImage(image: ReadImage, digest: NonNullable<Reference['digest']>): string {
  const { registry, repository, tag } = image
  return formatReference({ registry, repository, tag, digest })
}
