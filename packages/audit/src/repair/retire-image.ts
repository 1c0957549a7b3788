import { digestHex, isDigest, isIndexMediaType, type RawManifest } from '@sallyport/core'
import {
  copy,
  isRegistryRepository,
  OciError,
  parseIndex,
  parseReference,
  type RegistryRepository,
} from '@sallyport/oci'
import { findMoved, type RepairContext, repositoryOf, tagMoved, toStep } from './repair-context.ts'
import type { ImageAction } from './repair-plan.ts'
import type { RepairStep } from './repair-report.ts'

/** Above so many tags it is not looked through them all for who still uses a manifest; it is not deleted then. */
const maxTags = 10_000

/** What {@link retireImage} works with. */
export interface RetireContext extends RepairContext {
  readonly unsafeDeleteManifests: boolean
}

/**
 * Takes the tags of an image away, after a copy with its evidence is in quarantine, if one is named. Its manifest stays,
 * unless the plan says `delete` and deletions are allowed, and nothing else of the repository uses it.
 */
export async function retireImage(
  context: RetireContext,
  action: ImageAction,
): Promise<readonly RepairStep[]> {
  const { dryRun, unsafeDeleteManifests, signal } = context
  const { kind, digest, tags, quarantine } = action
  if (kind === 'delete' && !unsafeDeleteManifests) {
    const message = 'it would be deleted: allow that with unsafeDeleteManifests, or change its kind to retire'
    return [{ result: 'refused', code: 'DELETION_NOT_ALLOWED', message }]
  }
  const repository = repositoryOf(context, action)
  if (!isRegistryRepository(repository)) {
    const message = `${repository.name}: nothing can be taken away there`
    return [{ result: 'refused', code: 'UNSUPPORTED', message }]
  }
  const { moved, gone } = await findMoved(repository, action, signal)
  if (moved.length > 0) return moved
  const found = await repository.findManifest(digest, { signal })
  if (!found) {
    return gone.length === tags.length
      ? [{ result: 'already', message: `${repository.name}@${digest} is gone, with its tags` }]
      : [
          {
            result: 'error',
            code: 'IMAGE_GONE',
            message: `${repository.name}@${digest} is gone, its tags are not`,
          },
        ]
  }
  if (dryRun) return [{ result: 'would', message: describeDryRun(action, tags.length - gone.length), digest }]

  if (quarantine !== undefined) await keepCopy(context, repository, found, quarantine)
  const steps: RepairStep[] = []
  for (const tag of tags) steps.push(await removeTag(context, repository, action, tag))
  if (kind === 'delete') {
    // Where no tag can be deleted by itself, each goes with the manifest.
    const isStopped = steps.some(({ result, code }) => !isOver(result) && code !== 'UNSUPPORTED')
    if (isStopped) return steps
    const deleted = await removeManifest(context, repository, action)
    return isOver(deleted.result)
      ? [...steps.filter(({ result }) => isOver(result)), deleted]
      : [...steps, deleted]
  }
  if (!(await repository.findManifest(digest, { signal }))) {
    // There are registries that delete the manifest with its tag.
    await repository.putManifest(found, { signal })
    steps.push({
      result: 'done',
      message: 'the registry deleted the manifest with its tag: it was put back',
      digest,
    })
  }
  return steps
}

function describeDryRun({ kind, quarantine }: ImageAction, tags: number): string {
  const kept = quarantine === undefined ? '' : `keeps a copy in ${quarantine}, `
  return `${kept}takes ${tags} tags away${kind === 'delete' ? ', deletes its manifest' : ''}`
}

/** By a tag made from its digest: what has none may be collected. */
async function keepCopy(
  { gate, signal }: RetireContext,
  repository: RegistryRepository,
  { descriptor: { digest } }: RawManifest,
  quarantine: string,
): Promise<void> {
  const target = gate.repository(parseReference(quarantine))
  const tag = `retired-${digestHex(digest).slice(0, 64)}`
  await copy(repository, target, { from: digest, tag, signal })
  const kept = await target.findManifest(tag, { signal })
  if (kept?.descriptor.digest !== digest) {
    throw new OciError(
      'TAG_CONFLICT',
      `${quarantine}:${tag} is at ${kept?.descriptor.digest ?? 'no digest'}, not at ${digest}`,
    )
  }
}

async function removeTag(
  context: RetireContext,
  repository: RegistryRepository,
  action: ImageAction,
  tag: string,
): Promise<RepairStep> {
  const { signal } = context
  try {
    // It may be long since it was looked at.
    const now = (await repository.findManifest(tag, { signal }))?.descriptor.digest
    if (now === undefined) return { tag, result: 'already', message: 'it was gone' }
    if (now !== action.digest) return tagMoved(action, tag, now)
    await repository.deleteTag(tag, { signal })
    const left = await repository.findManifest(tag, { signal })
    if (left) return { tag, result: 'error', code: 'TAG_CONFLICT', message: 'the registry still has the tag' }
    return { tag, result: 'done', message: 'taken away' }
  } catch (cause) {
    return toStep(cause, context, tag)
  }
}

async function removeManifest(
  context: RetireContext,
  repository: RegistryRepository,
  action: ImageAction,
): Promise<RepairStep> {
  const { signal } = context
  const { digest } = action
  try {
    const user = await findUse(repository, action, signal)
    if (user !== undefined) {
      return { result: 'refused', code: 'IN_USE', message: `its manifest was not deleted: ${user}`, digest }
    }
    const outcome = await repository.deleteManifest(digest, { signal })
    return outcome === 'deleted'
      ? { result: 'done', message: 'its manifest was deleted' }
      : { result: 'already', message: 'its manifest was gone' }
  } catch (cause) {
    return toStep(cause, context)
  }
}

const isOver = (result: RepairStep['result']): boolean => result === 'done' || result === 'already'

/** Who else needs the manifest: a tag that the plan does not know, or an index. */
async function findUse(
  repository: RegistryRepository,
  { digest, tags }: ImageAction,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  let count = 0
  for await (const tag of repository.listTags({ signal })) {
    if (++count > maxTags) return `the repository has more than ${maxTags} tags, one of which may use it`
    const found = await repository.findManifest(tag, { signal })
    if (!found) continue
    if (found.descriptor.digest === digest && !tags.includes(tag)) return `the tag ${tag} is at it`
    if (!isIndexMediaType(found.descriptor.mediaType)) continue
    const lists = parseIndex(found).manifests.some(
      (entry) => isDigest(entry.digest) && entry.digest === digest,
    )
    if (lists) return `the index of tag ${tag} lists it`
  }
  return undefined
}
