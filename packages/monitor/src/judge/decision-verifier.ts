import {
  createImageVerifier,
  createVerificationCache,
  decisionLevel,
  decisionResource,
  type ImageVerifier,
} from '@sallyport/attest'
import type { Clock, Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { createBoundedMap } from './bounded-map.ts'
import type { EvidenceSight, SeenDecision } from './registry-sight.ts'
import { nameOf, type RecalledDecision, type RegistryMemory } from './registry-memory.ts'
import type { WatchTerms } from './watch.ts'

/** Verifies decisions for one repository; kept from batch to batch. */
export interface DecisionVerifier {
  readonly repository: Repository
  readonly terms: WatchTerms
  verify(digest: Digest, signal: AbortSignal | undefined): Promise<EvidenceSight>
  /** A decision that verified lately; it counts while what it was found in is still listed. */
  recall(digest: Digest): RecalledDecision | undefined
  /** Name of the repository in {@link RegistryMemory}. */
  readonly place: string
  readonly memory: RegistryMemory
}

/** For so long a decision is not verified again, in milliseconds: keys and root certificates end, too. */
export const recallMs = 60_000
/** What is wrong with the content, and will be next time. */
export const contentProblem =
  /^(MANIFEST_INVALID|MANIFEST_UNSUPPORTED|LIMIT_EXCEEDED|DIGEST_MISMATCH|SIZE_MISMATCH)$/

const maxRemembered = 10_000

/** Makes a verifier of decisions that are bound to a repository and its tier. */
export function createDecisionVerifier(
  repository: Repository,
  place: string,
  {
    terms,
    clock,
    memory,
  }: { readonly terms: WatchTerms; readonly clock: Clock; readonly memory: RegistryMemory },
): DecisionVerifier {
  const decisions = createBoundedMap<string, SeenDecision>(maxRemembered)
  const requirement = (breakGlass: boolean) => ({
    kind: 'vsa' as const,
    verifiers: terms.verifiers,
    resourceUri: decisionResource(terms.originOf?.(place) ?? place),
    minimumLevels: [decisionLevel(terms.tier, { breakGlass })],
    maxAgeMs: terms.decisionMaxAgeMs,
    where: (predicate: unknown, statement: { readonly subject: readonly { readonly digest: object }[] }) => {
      for (const { digest } of statement.subject) {
        for (const [algorithm, hex] of Object.entries(digest))
          decisions.set(`${algorithm}:${String(hex)}`, readDecision(predicate))
      }
      return true
    },
  })
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
    place,
    memory,
    recall(digest) {
      const found = memory.decisions.get(nameOf(place, digest))
      if (!found) return undefined
      const now = clock.now().getTime()
      const madeAt = Date.parse(found.sight.decision?.at ?? '')
      const isDue =
        Math.abs(now - found.verifiedAt) > recallMs ||
        (terms.decisionMaxAgeMs !== undefined && !(madeAt + terms.decisionMaxAgeMs > now))
      return isDue ? undefined : found
    },
    async verify(digest, signal) {
      const { verdict, error, requirements } = await verifier.verify(repository, digest, { signal })
      if (verdict === 'pass') {
        const parts = requirements.flatMap((each) => each.parts ?? []).flatMap(({ evidence }) => evidence)
        const referrers = parts
          .filter(({ store, subject }) => !store.startsWith('legacy') && subject === digest)
          .map(({ manifest }) => manifest)
        const sight = {
          state: 'ok',
          decision: decisions.get(digest),
          referrers: [...new Set(referrers)],
        } as const
        const counted = requirements
          .flatMap(({ evidence }) => evidence)
          .find((each) => each.subject === digest && each.repository === undefined)
        if (counted) {
          const list = counted.store === 'legacy-attestation' ? 'attestation' : 'referrers'
          const verifiedAt = clock.now().getTime()
          memory.decisions.set(nameOf(place, digest), { sight, list, manifest: counted.manifest, verifiedAt })
        }
        return sight
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
class UnreadableError extends Error {}

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
