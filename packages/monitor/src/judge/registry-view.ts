import { readEvidence } from '@sallyport/attest'
import { type Digest, isDigest, isSallyportError, type RawManifest } from '@sallyport/core'
import { fallbackTag, parseIndex, type Repository } from '@sallyport/oci'
import type { LimitFunction } from 'p-limit'
import { contentProblem, type DecisionVerifier, recallMs } from './decision-verifier.ts'
import { nameOf, type RecalledDecision } from './registry-memory.ts'
import type { EvidenceSight, ManifestSight, TagSight } from './registry-sight.ts'

/** Reads a repository, each thing once. Rejects while the registry can't be read. */
export interface RepositoryView {
  tag(tag: string): Promise<TagSight | undefined>
  /** What is there now. */
  manifest(digest: Digest): Promise<ManifestSight | undefined>
  /** What a digest stands for; it may be gone by now. */
  content(digest: Digest): Promise<ManifestSight | undefined>
  evidence(digest: Digest): Promise<EvidenceSight>
  /** Begins to read what `evidence` will ask for, so that it need not wait for what is read first. */
  expectEvidence(digest: Digest): void
  /** Manifests with evidence about a digest of which all was signed by those who count. */
  signed(subject: Digest): Promise<ReadonlySet<Digest>>
  /** When a manifest was found to be such evidence; it may be gone by now. `undefined`: it is none. */
  signedAt(subject: Digest, manifest: Digest): Promise<Date | undefined>
  hasTags(): Promise<boolean>
}

const imageConfig = /^application\/vnd\.(oci\.image\.config|docker\.container\.image)\b/
const imageLayer = /^application\/vnd\.(oci\.image\.layer|docker\.image\.rootfs)\b/

/** Opens a view of a repository for one batch. */
export function openView(
  { repository, terms, place, memory, verify, recall }: DecisionVerifier,
  {
    signal,
    now,
    limit,
  }: {
    readonly signal: AbortSignal | undefined
    readonly now: () => Date
    /** Bounds what is read at the same time; all that is bounded reads by itself, and waits for nothing else that is. */
    readonly limit: LimitFunction
  },
): RepositoryView {
  const manifests = new Map<Digest, Promise<ManifestSight | undefined>>()
  const note = (raw: RawManifest): ManifestSight => {
    const { digest } = raw.descriptor
    const sight = memory.contents.get(nameOf(place, digest)) ?? describeManifest(raw)
    memory.contents.set(nameOf(place, digest), sight)
    return sight
  }
  const manifest = (digest: Digest): Promise<ManifestSight | undefined> => {
    const read = async (): Promise<ManifestSight | undefined> => {
      const found = await limit(() => findReadable(repository, digest, signal))
      return found?.raw
        ? note(found.raw)
        : found && { problem: found.problem, children: [], isRunnable: true }
    }
    const found = manifests.get(digest) ?? read()
    manifests.set(digest, found)
    return found
  }
  const tag = once(async (name: string): Promise<TagSight | undefined> => {
    const found = await limit(() => findReadable(repository, name, signal))
    if (found?.raw) {
      const { digest } = found.raw.descriptor
      const sight = note(found.raw)
      if (!manifests.has(digest)) manifests.set(digest, Promise.resolve(sight))
      return { digest, raw: found.raw }
    }
    if (!found) return undefined
    const digest = (await limit(() => repository.headManifest(name, { signal })))?.digest
    return digest && { digest, problem: found.problem }
  })
  const listed = once(async (subject: Digest): Promise<ReadonlySet<Digest>> => {
    const { entries } = await limit(() => repository.listReferrerEntries(subject, { signal }))
    if (entries.length > 0 && entries.every(({ mechanism }) => mechanism === 'fallback-tag'))
      memory.tagged.set(place, true)
    return new Set(entries.map(({ digest }) => digest))
  })
  /** Whether the list that it was found in still has it; of several lists that one alone is read. A list under a tag is
   * written by clients, and may name what is gone. */
  const isListed = async (
    subject: Digest,
    { list, manifest: wanted }: Pick<RecalledDecision, 'list' | 'manifest'>,
  ): Promise<boolean> => {
    const under = fallbackTag(subject)
    if (list === 'attestation') return (await tag(`${under}.att`))?.digest === wanted
    const isTagged = memory.tagged.get(place) === true
    const [isThere, found] = await Promise.all([manifest(wanted), isTagged ? tag(under) : undefined])
    if (!isThere) return false
    if (isTagged) {
      if (found?.raw && (await manifest(found.digest))?.children.includes(wanted)) return true
      memory.tagged.delete(place)
    }
    return (await listed(subject)).has(wanted)
  }
  const counted = once((digest: Digest) => {
    const recalled = recall(digest)
    const isCounted = recalled && isListed(digest, recalled)
    // Who asks for the evidence gets it as well.
    void isCounted?.catch(() => undefined)
    return { recalled, isCounted }
  })
  const keys = [...terms.verifiers.map(({ by }) => by), ...(terms.signers ? [terms.signers] : [])]
  const signed = once(async (subject: Digest): Promise<ReadonlySet<Digest>> => {
    const { verified, rejected } = await limit(() =>
      readEvidence(repository, subject, {
        keys: keys.flatMap(({ keys = [] }) => keys),
        identities: keys.flatMap(({ identities = [] }) => identities),
        root: terms.root,
        now,
        signal,
      }),
    )
    const all = new Set(verified.map(({ manifest }) => manifest))
    for (const each of rejected) all.delete(each.manifest)
    for (const each of all) memory.signed.set(`${nameOf(place, subject)} ${each}`, now().getTime())
    return all
  })
  return {
    tag,
    manifest,
    content: async (digest) => memory.contents.get(nameOf(place, digest)) ?? (await manifest(digest)),
    evidence: once(async (digest: Digest) => {
      const { recalled, isCounted } = counted(digest)
      if (!recalled) return await limit(() => verify(digest, signal))
      const [isThere, isStillCounted] = await Promise.all([manifest(digest), isCounted])
      return isThere && isStillCounted ? recalled.sight : await limit(() => verify(digest, signal))
    }),
    expectEvidence: (digest) => void counted(digest),
    signed,
    async signedAt(subject, wanted) {
      const at = memory.signed.get(`${nameOf(place, subject)} ${wanted}`)
      if (at !== undefined && Math.abs(now().getTime() - at) <= recallMs) return new Date(at)
      return (await signed(subject)).has(wanted) ? now() : undefined
    },
    hasTags: once(async () => {
      try {
        for await (const _ of repository.listTags({ signal })) return true
        return false
      } catch (error) {
        if (isSallyportError(error) && /NOT_FOUND|NAME_UNKNOWN/.test(error.code)) return false
        throw error
      }
    }) as () => Promise<boolean>,
  }
}

function once<K, T extends object>(read: (key: K) => T): (key: K) => T {
  const seen = new Map<K, T>()
  return (key) => {
    const found = seen.get(key) ?? read(key)
    seen.set(key, found)
    return found
  }
}

async function findReadable(
  repository: Repository,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly raw?: RawManifest; readonly problem?: string } | undefined> {
  try {
    const raw = await repository.findManifest(reference, { signal })
    return raw && { raw }
  } catch (error) {
    if (isSallyportError(error) && contentProblem.test(error.code)) return { problem: error.message }
    throw error
  }
}

function describeManifest(raw: RawManifest): ManifestSight {
  try {
    const { subject, manifests, config, layers } = JSON.parse(Buffer.from(raw.bytes).toString('utf8')) as {
      readonly subject?: { readonly digest?: string }
      readonly manifests?: unknown
      readonly config?: { readonly mediaType?: unknown }
      readonly layers?: unknown
    }
    const children = Array.isArray(manifests) ? parseIndex(raw).manifests.map(({ digest }) => digest) : []
    const isImage =
      imageConfig.test(String(config?.mediaType)) &&
      Array.isArray(layers) &&
      layers.some((layer: { readonly mediaType?: unknown } | null) =>
        imageLayer.test(String(layer?.mediaType)),
      )
    const isRunnable = isImage || children.length > 0
    return { children, isRunnable, ...(isDigest(subject?.digest) && { subject: subject.digest }) }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { children: [], isRunnable: true, problem }
  }
}
