import { type Descriptor, type Digest, isSallyportError, runConcurrently } from '@sallyport/core'
import { type ListedReferrer, parseIndex, type ReferrerListing, type Repository } from '@sallyport/oci'
import { contentProblem } from '../judge/decision-verifier.ts'
import type { MonitorContext } from '../run/monitor-context.ts'

/** Nothing where the list is none: what stands under its tag is compared as a tag, and judged. */
export async function listReferrers(
  repository: Repository,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<ReferrerListing | undefined> {
  try {
    return await repository.listReferrerEntries(subject, { signal })
  } catch (error) {
    if (isSallyportError(error) && contentProblem.test(error.code)) return undefined
    throw error
  }
}

/** Those that are there: a list under a fallback tag is written by clients, and may name what is gone. */
export async function findThere(
  repository: Repository,
  entries: readonly Pick<ListedReferrer, 'digest' | 'mechanism'>[],
  { concurrency }: MonitorContext,
  signal: AbortSignal | undefined,
): Promise<readonly Digest[]> {
  const gone = new Set<Digest>()
  await runConcurrently(entries, concurrency, signal, async ({ digest, mechanism }, signal) => {
    if (mechanism !== 'fallback-tag') return
    if (!(await readDescriptor(repository, digest, signal))) gone.add(digest)
  })
  return entries.flatMap(({ digest }) => (gone.has(digest) ? [] : [digest]))
}

/** Some registries answer HEAD with 404 whatever there is. */
const readDescriptor = async (repository: Repository, reference: string, signal: AbortSignal | undefined) =>
  (await repository.headManifest(reference, { signal })) ??
  (await repository.findManifest(reference, { signal }))?.descriptor

/** What an index leads to; nothing where it is none that can be read. */
export async function readChildren(
  repository: Repository,
  index: Digest,
  signal: AbortSignal | undefined,
): Promise<readonly Digest[]> {
  try {
    const raw = await repository.findManifest(index, { signal })
    return raw ? parseIndex(raw).manifests.map(({ digest }) => digest) : []
  } catch (error) {
    if (isSallyportError(error) && contentProblem.test(error.code)) return []
    throw error
  }
}

/** What tags lead to, of those that are there. */
export async function readDescriptors(
  repository: Repository,
  tags: readonly string[],
  { concurrency }: MonitorContext,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Descriptor>> {
  const found = new Map<string, Descriptor>()
  await runConcurrently(tags, concurrency, signal, async (tag, signal) => {
    const descriptor = await readDescriptor(repository, tag, signal)
    if (descriptor !== undefined) found.set(tag, descriptor)
  })
  // In the order of the list, so that the hash over all is that of the list.
  return new Map(tags.flatMap((tag) => (found.has(tag) ? [[tag, found.get(tag)!]] : [])))
}
