import { type Digest, isDigest } from '@sallyport/core'
import { z } from 'zod'
import { RuntimeError } from '../errors.ts'

/** By what a container engine names the image of a running container. */
export interface RunningImage {
  /** Digests of a manifest or index, as the image was pulled. May be several; may be none. */
  readonly references: readonly { readonly repository?: string | undefined; readonly digest: Digest }[]
  /** Digest of the image's config, which Docker calls the image's id. */
  readonly config?: Digest | undefined
}

const inspected = z.looseObject({
  Image: z.string().optional(),
  Id: z.string().optional(),
  RepoDigests: z.array(z.string()).nullish(),
})

/**
 * Reads `imageID` of a Pod's container status: `REPOSITORY@sha256:…`, also with `docker-pullable://` before it, or an id of a
 * config (`sha256:…`, `docker://sha256:…`).
 *
 * @throws {RuntimeError} `OPTIONS_INVALID` when it names no digest.
 */
export function parseImageId(imageId: string): RunningImage {
  const text = imageId.replace(/^docker(-pullable)?:\/\//, '')
  const at = text.lastIndexOf('@')
  const digest = text.slice(at + 1)
  if (!isDigest(digest))
    throw new RuntimeError(
      'OPTIONS_INVALID',
      `no digest in the image id ${JSON.stringify(imageId.slice(0, 200))}`,
    )
  return at < 0
    ? { references: [], config: digest }
    : { references: [{ repository: text.slice(0, at), digest }] }
}

/**
 * Reads what `docker inspect` and `podman inspect` say of a container (`Image` is the id of its image) or of an image (`Id`,
 * `RepoDigests`); give it both to know the references of a container's image.
 *
 * @throws {RuntimeError} `OPTIONS_INVALID` when it is neither.
 */
export function parseInspection(document: unknown): RunningImage {
  const parsed = z.union([inspected, z.array(inspected).min(1)]).safeParse(document)
  if (!parsed.success) throw new RuntimeError('OPTIONS_INVALID', 'not what `inspect` prints')
  const all = [parsed.data].flat()
  const container = all.find(({ Image }) => Image !== undefined)
  const image = all.find(({ Id, RepoDigests }) => Id !== undefined && RepoDigests !== undefined)
  const id = container?.Image ?? image?.Id
  const config = id === undefined ? undefined : id.startsWith('sha256:') ? id : `sha256:${id}`
  const references = (image?.RepoDigests ?? []).flatMap((reference) => {
    const at = reference.lastIndexOf('@')
    const digest = reference.slice(at + 1)
    return at > 0 && isDigest(digest) ? [{ repository: reference.slice(0, at), digest }] : []
  })
  if (config === undefined || !isDigest(config))
    throw new RuntimeError('OPTIONS_INVALID', 'what `inspect` prints names no image')
  return { references, config }
}
