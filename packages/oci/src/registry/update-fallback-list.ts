import { type Descriptor, type Digest, isIndexMediaType, type RawManifest } from '@sallyport/core'
import pLimit from 'p-limit'
import { OciError } from '../errors.ts'
import { hasDigest } from '../manifest/check-expected.ts'
import { parseIndex } from '../manifest/parse-manifest.ts'
import {
  editFallbackIndex,
  fallbackEntries,
  type FallbackEntry,
  foreignFallback,
  hiddenFallback,
  isFallbackIndex,
  resemblesImage,
} from '../referrers/fallback-index.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { conditionOf, neverHolds } from './conditional-write.ts'
import type { FallbackChange, FallbackMemory, WriteChanges } from './fallback-lists.ts'
import { immovable } from './put-tagged-manifest.ts'
import type { RegistryContext } from './registry-context.ts'
import { type FetchedManifest, fetchManifest, pushManifest, type PushOutcome } from './registry-manifests.ts'
import { findTagList } from './find-tag-list.ts'

/** Most writes of one batch against other writers; each that a condition refuses means that another one got through. */
const maxWrites = 60
/** So often a write may be outrun by another one of which nothing is to be seen: a cache may hide it for a while. */
const maxUnseen = 8
/** How much longer a list has to stay as it is than its slowest read and write took. */
const settleFactor = 4
const maxSettleMs = 10_000
/** Delays below this are no reason to read again, in milliseconds. */
const minQuickMs = 100
const concurrency = 4
const immutableRemedy =
  'the registry seems to keep tags immutable, and lists referrers only under this tag. The manifest is stored but not listed: exclude tags that begin with "sha256-" or "sha512-" from the rule, and attach again'

/**
 * Changes the list of referrers under a fallback tag, together with what else this client changes of it at the same
 * time; see {@link updateFallbackList}.
 */
export function changeFallbackList(
  context: RegistryContext,
  subject: Digest,
  change: FallbackChange,
  signal: AbortSignal | undefined,
): Promise<void> {
  const write: WriteChanges = (changes, memory, inner) =>
    updateFallbackList(context, subject, changes, memory, inner)
  return context.fallbackLists.change(fallbackListKey(context, subject), change, write, signal)
}

/** Names one list within a client. */
export function fallbackListKey({ name }: RegistryContext, subject: Digest): string {
  return `${name}@${subject}`
}

/**
 * Brings changes into the list of referrers under a fallback tag (OCI distribution specification, "Referrers Tag
 * Schema") next to other writers, in this process and in others.
 *
 * Where the registry honours `If-Match`, found out by a write under a condition that never holds, each write rests on
 * what was read: nothing that others wrote under a condition can be lost.
 *
 * Elsewhere the last writer wins, so every writer stays until its changes have stood for a settling time, and writes
 * them again until they do; entries that vanish while it looks on, whoever wrote them, come back if their manifest is
 * still there. An entry can only be lost when another writer's PUT lands later after that writer's read than the
 * settling time: at least `settleMs`, four times the longest such gap seen here, and doubled with each loss. A writer
 * that was held up before its PUT reads again. Changes of which nobody wants it are not stayed for. What other tools, which do none of this, write after our last look, no
 * client can mend.
 *
 * @throws {OciError} `TAG_CONFLICT` when the tag is immutable, holds something else, or is always overwritten.
 */
async function updateFallbackList(
  context: RegistryContext,
  subject: Digest,
  changes: readonly FallbackChange[],
  memory: FallbackMemory,
  signal: AbortSignal,
): Promise<void> {
  const tag = fallbackTag(subject)
  const add = new Map<Digest, Descriptor>()
  const remove = new Set<Digest>()
  for (const change of changes) {
    const digest = change.type === 'add' ? change.entry.digest : change.digest
    add.delete(digest)
    remove.delete(digest)
    if (change.type === 'add') add.set(digest, change.entry)
    else remove.add(digest)
  }
  for (const digest of remove) memory.own.delete(digest)
  const staysUntilSettled = changes.some((change) => change.type === 'remove' || change.settle !== false)

  const { patience } = context
  const { conditions } = context.fallbackLists
  const measured = context.capabilities.of(context.name)?.conditionalWrites.answer ?? 'unknown'
  if (!conditions.has(context.name) && measured !== 'unknown') conditions.set(context.name, measured)
  const needsNoSettling = (): boolean => !staysUntilSettled || conditions.get(context.name) === 'yes'
  const seen = new Map<Digest, FallbackEntry>(memory.own)
  let longestGapMs = 0
  let losses = 0
  let failures = 0
  let settled = false
  let stored = false
  let unseen = 0
  let before: Digest | undefined
  const quickMs = (): number => Math.max(patience.settleMs, longestGapMs * settleFactor)
  const settle = async (): Promise<void> => {
    await patience.settle(Math.min(quickMs() * 2 ** Math.min(losses, 4), maxSettleMs), signal)
    settled = true
  }
  for (let writes = 0; ;) {
    const readAt = patience.now()
    const current = await readList(context, subject, { tag, stored }, memory, signal)
    const entries = fallbackEntries(current?.raw)
    unseen = current?.raw.descriptor.digest === before ? unseen : 0
    before = current?.raw.descriptor.digest
    for (const digest of remove) seen.delete(digest)
    const vanished = [...seen.values()].filter(({ digest }) => !entries.has(digest) && !add.has(digest))
    const gone = await findMissing(context, vanished, signal)
    for (const digest of gone) memory.own.delete(digest)
    const restore = vanished.filter(({ digest }) => !gone.has(digest))
    seen.clear()
    for (const entry of [...entries.values(), ...restore]) seen.set(entry.digest, entry)

    const edited = editFallbackIndex(current?.raw, { add: add.values(), restore, remove })
    if (edited === undefined) {
      if (settled || needsNoSettling()) break
      await settle()
      continue
    }
    if (settled) losses++
    settled = false
    if (writes++ >= maxWrites) throw overwritten(context, tag)
    const elapsedMs = patience.now() - readAt
    if (elapsedMs > Math.max(quickMs(), minQuickMs) / 2) {
      // Held up since the read; whoever counts on our being quick may have gone.
      longestGapMs = Math.max(longestGapMs, elapsedMs)
      continue
    }
    const outcome = await writeList(
      context,
      subject,
      { tag, current, edited, patient: unseen < maxUnseen },
      signal,
    )
    longestGapMs = Math.max(longestGapMs, patience.now() - readAt)
    stored ||= outcome === 'stored'
    if (outcome === 'outrun') {
      unseen++
      await patience.backOff(Math.min(writes, 4), signal)
    } else if (outcome !== 'stored' && outcome.retryable) {
      if (++failures >= patience.attempts) throw outcome
      await patience.backOff(failures, signal)
    } else if (outcome !== 'stored') {
      // Some registries refuse a list of which an entry is gone; then those go.
      const lost = await findMissing(context, [...fallbackEntries(edited).values()], signal)
      if (lost.size === 0 || [...add.keys()].some((digest) => lost.has(digest))) throw outcome
      for (const digest of lost) remove.add(digest)
    } else if (!needsNoSettling()) {
      await settle()
    }
  }
  for (const [digest, entry] of add) memory.own.set(digest, { ...entry })
}

/**
 * What stands at the fallback tag, if it is a list of referrers. GitLab's registry has answered with the image itself
 * where there is no such tag (oras-project/oras-go#1396), and keeps what is pushed as a tag like any other: the image
 * counts as nothing if the list of tags does not name the tag, until we have stored a list there and it still answers so.
 */
async function readList(
  context: RegistryContext,
  subject: Digest,
  { tag, stored }: { readonly tag: string; readonly stored: boolean },
  memory: FallbackMemory,
  signal: AbortSignal | undefined,
): Promise<FetchedManifest | undefined> {
  const current = await fetchManifest(context, tag, { signal })
  if (current === undefined) return undefined
  if (hasDigest(current.raw, subject)) {
    if (stored) throw hiddenFallback(context.name, tag)
    const tags = await findTagList(context, signal)
    if (tags !== undefined && !tags.has(tag)) return undefined
    throw foreignFallback(context.name, tag, current.raw)
  }
  if (memory.children === undefined && resemblesImage(current.raw)) {
    const image = (await fetchManifest(context, subject, { signal }))?.raw
    const children =
      image !== undefined && isIndexMediaType(image.descriptor.mediaType) ? parseIndex(image).manifests : []
    memory.children = new Set(children.map(({ digest }) => digest))
  }
  if (isFallbackIndex(current.raw, subject, memory.children)) return current
  throw foreignFallback(context.name, tag, current.raw)
}

/**
 * Writes the list under the best condition that the registry understands. `outrun`: another writer came between.
 * An error that a new look at the list may mend is handed back.
 */
async function writeList(
  context: RegistryContext,
  subject: Digest,
  {
    tag,
    current,
    edited,
    patient,
  }: {
    readonly tag: string
    readonly current: FetchedManifest | undefined
    readonly edited: RawManifest
    readonly patient: boolean
  },
  signal: AbortSignal | undefined,
): Promise<'stored' | 'outrun' | OciError> {
  const { conditions } = context.fallbackLists
  const push = (each: Readonly<Record<string, string>>): Promise<PushOutcome> =>
    pushManifest(context, edited, { tag, condition: each, once: true, signal })
  const isUnchanged = async (): Promise<boolean> => {
    const now = (await fetchManifest(context, tag, { signal }))?.raw
    if (current === undefined) return now === undefined || hasDigest(now, subject)
    return now?.descriptor.digest === current.raw.descriptor.digest
  }

  const condition = conditionOf(current)
  try {
    const known = conditions.get(context.name)
    if (known !== 'no' && Object.keys(condition).length > 0) {
      if (known === undefined) {
        const outcome = await push(neverHolds)
        if (outcome.type === 'stored') {
          conditions.set(context.name, 'no')
          return 'stored'
        }
        if (outcome.error.status === 412) conditions.set(context.name, 'likely')
      }
      const outcome = await push(condition)
      if (outcome.type === 'stored') {
        conditions.set(context.name, conditions.has(context.name) ? 'yes' : 'no')
        return 'stored'
      }
      // One that has honoured conditions knows of a write that a cache hides from our reads, or keeps the tag for good.
      const honoured = known === 'yes' && outcome.error.status === 412
      if ((honoured && patient) || !(await isUnchanged())) return 'outrun'
      if (honoured) throw immovable(context, tag, outcome.error, immutableRemedy)
      // A registry that refuses a condition which holds does not understand it: then it is left out.
    }
    const outcome = await push({})
    if (outcome.type === 'stored') {
      conditions.set(context.name, 'no')
      return 'stored'
    }
    if (!(await isUnchanged())) return 'outrun'
    throw immovable(context, tag, outcome.error, immutableRemedy)
  } catch (error) {
    // 400 and 404: an entry may be gone. Retryable ones: nobody knows whether the write got through.
    if (!(error instanceof OciError) || error.code === 'TAG_CONFLICT') throw error
    if (error.retryable || error.status === 400 || error.status === 404) return error
    throw error
  }
}

/** Which of the entries are gone from the registry. */
async function findMissing(
  context: RegistryContext,
  entries: readonly FallbackEntry[],
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<Digest>> {
  const limit = pLimit(concurrency)
  const isThere = async ({ digest }: FallbackEntry): Promise<boolean> => {
    try {
      return (await fetchManifest(context, digest, { signal })) !== undefined
    } catch (error) {
      // Unreadable for us, but there.
      if (error instanceof OciError && error.code.startsWith('MANIFEST_')) return true
      throw error
    }
  }
  const there = await Promise.all(entries.map((entry) => limit(isThere, entry)))
  return new Set(entries.filter((_, at) => !there[at]).map(({ digest }) => digest))
}

function overwritten({ name }: RegistryContext, tag: string): OciError {
  return new OciError(
    'TAG_CONFLICT',
    `${name}:${tag}: other writers overwrote the list of referrers ${maxWrites} times; the referrers are stored but may not be listed`,
    { reference: `${name}:${tag}`, retryable: true },
  )
}
