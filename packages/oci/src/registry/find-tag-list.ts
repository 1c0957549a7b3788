import { OciError } from '../errors.ts'
import { listTags } from './list-tags.ts'
import type { RegistryContext } from './registry-context.ts'

/**
 * All tags of a repository, or `undefined` when the list may not be read. None, where the registry says in so many words
 * that it does not know the repository; any other 404 proves nothing, since registries also hide with it.
 */
export function findTagList(
  context: RegistryContext,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string> | undefined> {
  return context.tagLists.flights.join(context.name, (inner) => readAll(context, inner), signal)
}

async function readAll(
  context: RegistryContext,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const tags = new Set<string>()
  let hidden = false
  const onMissing = (codes: readonly string[]): void => void (hidden = !codes.includes('NAME_UNKNOWN'))
  try {
    for await (const tag of listTags(context, { signal, onMissing })) tags.add(tag)
  } catch (error) {
    const refused = error instanceof OciError && error.status !== undefined && error.status < 500
    if (refused && !error.retryable) return undefined
    throw error
  }
  return hidden ? undefined : tags
}
