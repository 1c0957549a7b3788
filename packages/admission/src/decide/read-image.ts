import { formatReference, type Reference } from '@sallyport/core'
import { OciError, parseReference } from '@sallyport/oci'
import { canonicalRegistry, matchedPlace, repositoryIn } from './canonical-place.ts'

/** An image reference as Kubernetes understands it. */
export interface ReadImage extends Reference {
  /** `registry/repository`. */
  readonly place: string
  /** What patterns are compared with: the same place has one name only. */
  readonly matched: string
}

/**
 * Reads a reference as a container runtime does: a name without registry is one of Docker Hub, and without tag and digest
 * it is `latest`. The same host has one name, however it is written.
 *
 * @throws {OciError} `REFERENCE_INVALID`.
 */
export function readImage(text: string): ReadImage {
  const parsed = parseReference(text, { defaultRegistry: 'docker.io' })
  const { tag, digest } = parsed
  const registry = canonicalRegistry(parsed.registry)
  const repository = repositoryIn(registry, parsed.repository)
  const place = `${registry}/${repository}`
  // `Team/app` names a host, and `team/app` none: written in lower case it would be another image.
  if (parseReference(place, { defaultRegistry: 'docker.io' }).registry !== registry)
    throw new OciError('REFERENCE_INVALID', `"${parsed.registry}" is not a registry host`, {
      reference: place,
    })
  return {
    registry,
    repository,
    ...(tag === undefined && digest === undefined ? { tag: 'latest' } : { tag }),
    digest,
    place,
    matched: matchedPlace(place),
  }
}

/** The full reference with the digest that was verified. */
export function pinImage(image: ReadImage, digest: NonNullable<Reference['digest']>): string {
  const { registry, repository, tag } = image
  return formatReference({ registry, repository, tag, digest })
}
