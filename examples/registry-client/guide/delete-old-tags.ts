import type { RegistryRepository } from '@sallyport/oci'

/** Deletes tags with a prefix, except the one to keep. Manifests stay, so other tags and digests keep working. */
export async function deleteOldTags(
  repository: RegistryRepository,
  prefix: string,
  keep: string,
): Promise<readonly string[]> {
  const deleted: string[] = []
  const tags = await Array.fromAsync(repository.listTags())
  for (const tag of tags) {
    if (!tag.startsWith(prefix) || tag === keep) continue
    if ((await repository.deleteTag(tag)) === 'deleted') deleted.push(tag)
  }
  return deleted
}
