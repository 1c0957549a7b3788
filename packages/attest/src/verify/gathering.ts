import type { Repository } from '@sallyport/oci'
import { isSallyportError, joinSignals } from '@sallyport/core'
import { AttestError } from '../errors.ts'
import { startDeadline } from '../internal/start-deadline.ts'
import type { QueuedWork } from '../internal/run-cheapest-first.ts'
import type { Candidate, CandidateOrigin } from './candidate.ts'
import type { EvidenceStore, RejectedEvidence, VerifiedEvidence } from './evidence.ts'
import type { ResolvedLimits } from './evidence-limits.ts'
import { Rejection, toRejection } from './rejection.ts'

/** What is found of an image's evidence, while it is gathered. Disposing ends its timer. */
export interface Gathering extends Disposable {
  /** Whether nothing more needs to be read. */
  isDone(): boolean
  /** Runs one examination within the limits; what goes wrong with it becomes a rejection of `origin`. */
  examine(
    origin: CandidateOrigin & { readonly blob?: Candidate['blob'] | undefined },
    run: (signal: AbortSignal) => Promise<readonly QueuedWork[]>,
    options?: { readonly isList?: boolean | undefined },
  ): Promise<readonly QueuedWork[]>
  /** Takes bytes off what may be read. */
  spend(bytes: number): void
  /** Keeps as many as may be looked at of one kind, the first in the queue. */
  cap(kind: string, origin: CandidateOrigin, works: readonly QueuedWork[]): readonly QueuedWork[]
  accept(candidate: Candidate, evidence: VerifiedEvidence): void
  reject(origin: CandidateOrigin & { readonly blob?: Candidate['blob'] | undefined }, why: Rejection): void
  /** @throws what kept the registry from answering, unless enough was found without it. */
  end(): { readonly verified: readonly VerifiedEvidence[]; readonly rejected: readonly RejectedEvidence[] }
}

/** Options of {@link createGathering}. */
export interface GatheringOptions {
  readonly limits: ResolvedLimits
  readonly isSatisfied?: ((verified: readonly VerifiedEvidence[]) => boolean) | undefined
  readonly signal?: AbortSignal | undefined
}

const storeOrder: readonly EvidenceStore[] = [
  'bundle',
  'legacy-signature',
  'legacy-attestation',
  'artifact-signature',
  'artifact-attestation',
]
/** After so many requests without an answer no other is made. */
const maxUnanswered = 8

/** Creates the state of one gathering. */
export function createGathering(
  home: Repository,
  { limits, isSatisfied, signal }: GatheringOptions,
): Gathering {
  const { maxCandidates, maxTotalBytes, maxCandidateMs, maxTotalMs } = limits
  const total = startDeadline(maxTotalMs)
  const deadline = total.signal
  const enough = new AbortController()
  const verified: { readonly candidate: Candidate; readonly evidence: VerifiedEvidence }[] = []
  const rejected: RejectedEvidence[] = []
  const counts = new Map<string, number>()
  const unanswered: unknown[] = []
  let spent = 0

  const elsewhere = ({ repository }: CandidateOrigin): { repository?: string } =>
    repository === home ? {} : { repository: repository.name }
  const reject: Gathering['reject'] = (origin, { reason, message, manifest = origin.manifest }) => {
    const { store, blob } = origin
    rejected.push({
      store,
      ...elsewhere(origin),
      manifest,
      ...(blob === undefined ? {} : { blob: blob.digest }),
      reason,
      message,
    })
  }
  const isDone = (): boolean => enough.signal.aborted || unanswered.length >= maxUnanswered

  return {
    isDone,
    reject,
    async examine(origin, run, { isList = false } = {}) {
      signal?.throwIfAborted()
      using own = isList ? undefined : startDeadline(maxCandidateMs)
      const isLate = (): boolean => deadline.aborted || own?.signal.aborted === true
      using either = joinSignals([deadline, own?.signal, enough.signal, signal])
      try {
        either.signal.throwIfAborted()
        return await run(either.signal)
      } catch (error) {
        signal?.throwIfAborted()
        if (enough.signal.aborted) return []
        if (isLate() && isList) {
          unanswered.push(
            new AttestError('LIMIT_EXCEEDED', `${origin.repository.name} was not listed in ${maxTotalMs} ms`),
          )
        } else if (isLate()) {
          const allowed = deadline.aborted ? `${maxTotalMs} ms for all of it` : `${maxCandidateMs} ms`
          reject(origin, new Rejection('limit-exceeded', `not read within ${allowed}`))
        } else {
          try {
            reject(origin, toRejection(error, origin.blob ? 'bundle-invalid' : 'manifest-invalid'))
          } catch {
            // Says nothing about the candidate; others may still be enough.
            if (!isSallyportError(error)) throw error
            unanswered.push(error)
          }
        }
        return []
      }
    },
    spend(bytes) {
      if (spent + bytes > maxTotalBytes) {
        throw new Rejection('limit-exceeded', `all evidence together is larger than ${maxTotalBytes} bytes`)
      }
      spent += bytes
    },
    cap(kind, origin, works) {
      const key = `${origin.repository.name} ${kind}`
      const before = counts.get(key) ?? 0
      counts.set(key, before + works.length)
      const room = Math.max(0, maxCandidates - before)
      if (works.length > room && before <= maxCandidates) {
        const message = `there are more ${kind} than the ${maxCandidates} that are looked at`
        reject(origin, new Rejection('limit-exceeded', message))
      }
      return works.toSorted((left, right) => left.rank - right.rank).slice(0, room)
    },
    accept(candidate, evidence) {
      verified.push({ candidate, evidence: { ...evidence, ...elsewhere(candidate) } })
      if (isSatisfied?.(verified.map((each) => each.evidence)) ?? false) enough.abort()
    },
    end() {
      const [failure] = unanswered
      if (failure !== undefined && !enough.signal.aborted) throw failure
      const ordered = verified.toSorted(
        ({ candidate: left }, { candidate: right }) =>
          storeOrder.indexOf(left.store) - storeOrder.indexOf(right.store) || left.position - right.position,
      )
      return { verified: ordered.map(({ evidence }) => evidence), rejected }
    },
    [Symbol.dispose]: () => total[Symbol.dispose](),
  }
}
