import { digestOf } from '@sallyport/core'

/** A manifest in a double. */
export interface DoubledManifest {
  readonly digest: string
  readonly tags: readonly string[]
  readonly size: number
  readonly pushedAt: Date
  readonly pulledAt?: Date
  readonly mediaType: string
  readonly artifactType: string
}

/** A repository in a double, by its name below what the double is about. */
export interface DoubledRepository {
  readonly name: string
  readonly manifests: DoubledManifest[]
}

const firstPush = Date.UTC(2026, 0, 5, 12)
const types = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
] as const

/** A manifest; each third one was never pulled. */
export function manifestOf(index: number, tags: readonly string[] = [`v${index}`]): DoubledManifest {
  const pushedAt = new Date(firstPush + index * 60_000)
  return {
    digest: digestOf(`manifest ${index}`),
    tags,
    size: 1000 + index,
    pushedAt,
    mediaType: types[index % 2] ?? types[0],
    artifactType: 'application/vnd.oci.image.config.v1+json',
    ...(index % 3 === 0 ? {} : { pulledAt: new Date(pushedAt.getTime() + 3_600_000) }),
  }
}

/** A repository with so many manifests, each with a tag, some with two; some without one where that is listed. */
export function repositoryOf(name: string, count: number, untagged: boolean): DoubledRepository {
  const manifests = Array.from({ length: count }, (_, index) => {
    if (untagged && index % 7 === 6) return manifestOf(index, [])
    return manifestOf(index, index % 50 === 10 ? [`v${index}`, `stable-${index}`] : [`v${index}`])
  })
  return { name, manifests }
}

/** A tag and what it points to, for services that list tags. */
export interface DoubledTag extends Omit<DoubledManifest, 'tags'> {
  readonly tag: string
}

/** The tags of a repository. */
export function tagsOf({ manifests }: DoubledRepository): readonly DoubledTag[] {
  return manifests.flatMap(({ tags, ...manifest }) => tags.map((tag) => ({ tag, ...manifest })))
}
