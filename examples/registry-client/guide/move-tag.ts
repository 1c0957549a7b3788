import type { Digest } from '@sallyport/core'
import { OciError, type Repository } from '@sallyport/oci'

/** Lets a tag lead to a manifest that is there already, unless somebody else has moved it since. */
export async function moveTag(
  repository: Repository,
  tag: string,
  { from, to }: { readonly from: Digest | 'absent'; readonly to: Digest },
): Promise<'moved' | 'somebody else moved it'> {
  const manifest = await repository.getManifest(to)
  try {
    await repository.putManifest(manifest, { tag, expected: from })
    return 'moved'
  } catch (error) {
    if (error instanceof OciError && error.code === 'TAG_CONFLICT') return 'somebody else moved it'
    throw error
  }
}
