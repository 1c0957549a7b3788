import type { Reference } from '@sallyport/core'
import { openLayout, type Repository } from '@sallyport/oci'
import { readSourceReference } from './read-reference.ts'

/** An opened source. */
export interface OpenedSource {
  readonly repository: Repository
  readonly tagOrDigest: string
  /** The source as people write it. */
  readonly name: string
}

/** Opens what a promotion reads from: a repository of a registry, or with `oci:folder[:tag]` a layout folder. */
export async function openSource(
  from: string,
  repository: (reference: Pick<Reference, 'registry' | 'repository'>) => Repository,
): Promise<OpenedSource> {
  if (from.startsWith('oci:')) {
    const location = from.slice('oci:'.length)
    const colon = location.lastIndexOf(':')
    const hasTag = colon > location.lastIndexOf('/')
    const directory = hasTag ? location.slice(0, colon) : location
    return {
      repository: await openLayout(directory),
      tagOrDigest: hasTag ? location.slice(colon + 1) : 'latest',
      name: from,
    }
  }
  const { tagOrDigest, ...reference } = readSourceReference(from)
  return { repository: repository(reference), tagOrDigest, name: from }
}
