import {
  createImageVerifier,
  createVerificationCache,
  type ImageVerifier,
  readEvidence,
} from '@sallyport/attest'
import { type Clock, type Digest, isDigest, isSallyportError, type RawManifest } from '@sallyport/core'
import { decisionLevel, decisionResource } from '@sallyport/gate'
import { parseIndex, type Repository } from '@sallyport/oci'
import type { WatchTerms } from './watch.ts'

/** What a tag leads to now. */
export interface TagSight {
  readonly digest: Digest
  /** Absent when it can't be read as a manifest. */
  readonly raw?: RawManifest | undefined
  readonly problem?: string | undefined
}

/** A manifest as it is now. */
export interface ManifestSight {
  readonly raw?: RawManifest | undefined
  readonly problem?: string | undefined
  readonly subject?: Digest | undefined
  readonly children: readonly Digest[]
  /** A container could be started from it: an image with layers, or an index that leads to something. */
  readonly isRunnable: boolean
}

/** A decision that was verified. */
export interface SeenDecision {
  /** ISO 8601. */
  readonly at?: string | undefined
  /** `registry/repository:tag` that it was for. */
  readonly destination?: string | undefined
}

/** Whether a decision about a digest verifies. `gone`: the manifest itself is not there. */
export type EvidenceSight =
  | {
      readonly state: 'ok'
      readonly decision?: SeenDecision | undefined
      /** The referrers that hold the decision. */
      readonly referrers?: readonly Digest[] | undefined
    }
  | { readonly state: 'missing' | 'invalid' | 'gone'; readonly message: string }

/** Reads a repository, each thing once. Rejects while the registry can't be read. */
export interface RepositoryView {
  tag(tag: string): Promise<TagSight | undefined>
  manifest(digest: Digest): Promise<ManifestSight | undefined>
  evidence(digest: Digest): Promise<EvidenceSight>
  /** Manifests with evidence about a digest of which all was signed by those who count. */
  signed(subject: Digest): Promise<ReadonlySet<Digest>>
  hasTags(): Promise<boolean>
}

/** Verifies decisions for one repository; kept from batch to batch. */
export interface DecisionVerifier {
  readonly repository: Repository
  readonly terms: WatchTerms
  verify(digest: Digest, signal: AbortSignal | undefined): Promise<EvidenceSight>
}

const maxRemembered = 10_000
const imageConfig = /^application\/vnd\.(oci\.image\.config|docker\.container\.image)\b/
const imageLayer = /^application\/vnd\.(oci\.image\.layer|docker\.image\.rootfs)\b/
/** What is wrong with the content, and will be next time. */
const contentProblem =
  /^(MANIFEST_INVALID|MANIFEST_UNSUPPORTED|LIMIT_EXCEEDED|DIGEST_MISMATCH|SIZE_MISMATCH)$/

/** Makes a verifier of decisions that are bound to a repository and its tier. */
export function createDecisionVerifier(
  repository: Repository,
  place: string,
  { terms, clock }: { readonly terms: WatchTerms; readonly clock: Clock },
): DecisionVerifier {
  const decisions = new Map<string, SeenDecision>()
  const requirement = (breakGlass: boolean) => ({
    kind: 'vsa' as const,
    verifiers: terms.verifiers,
    resourceUri: decisionResource(terms.originOf?.(place) ?? place),
    minimumLevels: [decisionLevel(terms.tier, { breakGlass })],
    maxAgeMs: terms.decisionMaxAgeMs,
    where: (predicate: unknown, statement: { readonly subject: readonly { readonly digest: object }[] }) => {
      for (const { digest } of statement.subject) {
        for (const [algorithm, hex] of Object.entries(digest))
          remember(`${algorithm}:${String(hex)}`, readDecision(predicate))
      }
      return true
    },
  })
  const remember = (digest: string, decision: SeenDecision): void => {
    decisions.delete(digest)
    decisions.set(digest, decision)
    if (decisions.size > maxRemembered) decisions.delete(decisions.keys().next().value!)
  }
  const verifier: ImageVerifier = createImageVerifier({
    // An image that was let through by breaking glass came through the gate as well, and the gate said so.
    requirements: [{ kind: 'anyOf', requirements: [requirement(false), requirement(true)] }],
    root: terms.root,
    clock,
    cache: createVerificationCache(),
  })
  return {
    repository,
    terms,
    async verify(digest, signal) {
      const { verdict, error, requirements } = await verifier.verify(repository, digest, { signal })
      if (verdict === 'pass') {
        const counted = requirements.flatMap(({ parts = [] }) => parts).flatMap(({ evidence }) => evidence)
        const referrers = counted
          .filter(({ store, subject }) => !store.startsWith('legacy') && subject === digest)
          .map(({ manifest }) => manifest)
        return { state: 'ok', decision: decisions.get(digest), referrers: [...new Set(referrers)] }
      }
      if (error?.code === 'MANIFEST_NOT_FOUND') return { state: 'gone', message: 'it is not there any more' }
      if (error && !contentProblem.test(error.code)) throw new UnreadableError(error.message)
      if (error) return { state: 'invalid', message: error.message }
      const near = requirements
        .flatMap(({ parts = [] }) => parts)
        .flatMap(({ candidates }) => candidates)
        .find(({ code }) => code !== 'predicate-type-mismatch')
      return near
        ? { state: 'invalid', message: near.message }
        : { state: 'missing', message: 'there is no decision about it' }
    },
  }
}

/** The registry could not be read, or not enough of it. */
export class UnreadableError extends Error {}

/** Opens a view of a repository for one batch. */
export function openView(
  { repository, terms, verify }: DecisionVerifier,
  { signal, now }: { readonly signal: AbortSignal | undefined; readonly now: () => Date },
): RepositoryView {
  const once = <K, T>(read: (key: K) => Promise<T>): ((key: K) => Promise<T>) => {
    const seen = new Map<K, Promise<T>>()
    return (key) => {
      const found = seen.get(key) ?? read(key)
      seen.set(key, found)
      return found
    }
  }
  const manifests = new Map<Digest, Promise<ManifestSight | undefined>>()
  const manifest = (digest: Digest): Promise<ManifestSight | undefined> => {
    const found = manifests.get(digest) ?? readManifest(repository, digest, signal)
    manifests.set(digest, found)
    return found
  }
  const keys = [...terms.verifiers.map(({ by }) => by), ...(terms.signers ? [terms.signers] : [])]
  return {
    tag: once(async (tag) => {
      const found = await findReadable(repository, tag, signal)
      if (found?.raw) {
        const { digest } = found.raw.descriptor
        if (!manifests.has(digest)) manifests.set(digest, Promise.resolve(describeManifest(found.raw)))
        return { digest, raw: found.raw }
      }
      if (!found) return undefined
      const digest = (await repository.headManifest(tag, { signal }))?.digest
      return digest && { digest, problem: found.problem }
    }),
    manifest,
    evidence: once((digest) => verify(digest, signal)),
    signed: once(async (subject) => {
      const { verified, rejected } = await readEvidence(repository, subject, {
        keys: keys.flatMap(({ keys = [] }) => keys),
        identities: keys.flatMap(({ identities = [] }) => identities),
        root: terms.root,
        now,
        signal,
      })
      const signed = new Set(verified.map(({ manifest }) => manifest))
      for (const each of rejected) signed.delete(each.manifest)
      return signed
    }),
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

async function readManifest(
  repository: Repository,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<ManifestSight | undefined> {
  const found = await findReadable(repository, digest, signal)
  return found?.raw
    ? describeManifest(found.raw)
    : found && { problem: found.problem, children: [], isRunnable: true }
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
    return { raw, children, isRunnable, ...(isDigest(subject?.digest) && { subject: subject.digest }) }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { raw, children: [], isRunnable: true, problem }
  }
}

function readDecision(predicate: unknown): SeenDecision {
  const { timeVerified, ...rest } = predicate as {
    readonly timeVerified?: unknown
    readonly [name: string]: unknown
  }
  const details = rest['https://sallyport.dev/decision'] as { readonly destination?: unknown } | undefined
  const at = timeVerified instanceof Date ? timeVerified.toISOString() : timeVerified
  return {
    ...(typeof at === 'string' && { at }),
    ...(typeof details?.destination === 'string' && { destination: details.destination }),
  }
}
