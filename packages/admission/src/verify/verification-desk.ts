import type { Digest, Reference } from '@sallyport/core'
import type { AdmissionEvent, AdmissionStats } from '../admission.ts'
import { createExpiringStore, type Moment } from '../cache/expiring-store.ts'
import type { CompiledRule } from '../policy/compiled-rule.ts'
import type { ImageVerifier, PinnedImage, PullCredentials, VerifiedImage } from '../ports/image-verifier.ts'
import type { RevocationView } from '../revoke/revocation-view.ts'
import { createFlights } from './flights.ts'
import { toProblem } from './to-problem.ts'

/** What was found of an image by a rule. */
export interface Finding {
  readonly found: VerifiedImage
  readonly checkedAt: Moment
  readonly cached: boolean
}

/** What a tag leads to, or why nobody knows. */
export type Resolution =
  | { readonly digest: Digest }
  | { readonly digest?: undefined; readonly problem: ReturnType<typeof toProblem> }

/** Verifies each image once, and remembers it. */
export interface VerificationDesk extends Pick<AdmissionStats, 'cache' | 'verifications'> {
  resolve(
    image: Pick<Reference, 'registry' | 'repository'> & { readonly tag: string },
    credentials: PullCredentials | undefined,
  ): Promise<Resolution>
  judge(
    image: PinnedImage,
    terms: {
      readonly rule: CompiledRule
      readonly revoked: RevocationView
      readonly credentials: PullCredentials | undefined
    },
  ): Promise<Finding>
  close(): Promise<void>
}

/** Options of {@link createVerificationDesk}. */
export interface VerificationDeskOptions {
  readonly verifier: ImageVerifier
  readonly now: () => Moment
  readonly emit: (event: AdmissionEvent) => void
  readonly lifetimes: {
    readonly pass: number
    readonly fail: number
    readonly error: number
    readonly tag: number
  }
  readonly maxEntries: number
  readonly maxBytes: number
  readonly maxConcurrent: number
  readonly maxWaiting: number
  readonly timeoutMs: number
}

/** Makes it, with nothing remembered. */
export function createVerificationDesk({
  verifier,
  now,
  emit,
  lifetimes,
  maxEntries,
  maxBytes,
  maxConcurrent,
  maxWaiting,
  timeoutMs,
}: VerificationDeskOptions): VerificationDesk {
  const findings = createExpiringStore<VerifiedImage>({ maxEntries, maxBytes, sizeOf: sizeOfFinding })
  const tags = createExpiringStore<Resolution>({
    maxEntries,
    maxBytes: Math.ceil(maxBytes / 8),
    sizeOf: () => 300,
  })
  const flights = createFlights<Finding>({ maxConcurrent, maxWaiting, timeoutMs })
  const resolutions = createFlights<Resolution>({ maxConcurrent: 4 * maxConcurrent, maxWaiting, timeoutMs })
  const counts = { hits: 0, staleHits: 0, misses: 0 }

  function keep(passKey: string, otherKey: string, found: VerifiedImage, at: Moment): void {
    if (found.verdict === 'pass') {
      findings.delete(otherKey)
      findings.set(passKey, found, at)
      return
    }
    // What could not be judged says nothing against what was; a refusal does.
    if (found.verdict === 'fail') findings.delete(passKey)
    if ((found.verdict === 'fail' ? lifetimes.fail : lifetimes.error) > 0) findings.set(otherKey, found, at)
  }

  return {
    async resolve({ registry, repository, tag }, credentials) {
      const key = JSON.stringify([registry, repository, tag, credentials?.scope])
      const known = tags.get(key, now())
      if (known) {
        const isKnown = known.value.digest !== undefined
        if (known.ageMs < (isKnown ? lifetimes.tag : lifetimes.error)) return known.value
      }
      const flight = resolutions.join(key, async (signal) => {
        const resolution = await verifier
          .resolve({ registry, repository, tag }, { signal, credentials })
          .then((digest): Resolution => ({ digest }), failed)
        if ((resolution.digest === undefined ? lifetimes.error : lifetimes.tag) > 0)
          tags.set(key, resolution, now())
        return resolution
      })
      return flight?.catch(failed) ?? { problem: overloaded }
    },

    async judge(image, { rule, revoked, credentials }) {
      const passKey = JSON.stringify([
        image.registry,
        image.repository,
        image.digest,
        rule.id,
        revoked.keysVersion,
      ])
      // What credentials can't see says nothing of what others can.
      const otherKey = `${passKey} ${credentials?.scope ?? ''}`
      const name = `${image.registry}/${image.repository}@${image.digest}`

      const verify = async (signal: AbortSignal): Promise<Finding> => {
        const started = now()
        emit({ type: 'verification-started', image: name })
        const found = await verifier
          .verify(
            image,
            {
              id: `${rule.id} ${revoked.keysVersion} ${image.registry}/${image.repository}`,
              requirements: rule.requirementsFor(`${image.registry}/${image.repository}`, revoked.keys),
              subject: rule.subject,
            },
            { signal, credentials },
          )
          .then(
            (given) => believed(given, image.digest),
            (error: unknown) => unverified(image, error),
          )
        const at = now()
        keep(passKey, otherKey, found, at)
        emit({
          type: 'verification-ended',
          image: name,
          verdict: found.verdict,
          durationMs: at.elapsed - started.elapsed,
        })
        return { found, checkedAt: at, cached: false }
      }
      const start = (): Promise<Finding> | undefined =>
        flights.join(otherKey, verify)?.catch((error: unknown) => ({
          found: unverified(image, error),
          checkedAt: now(),
          cached: false,
        }))

      const moment = now()
      const pass = findings.get(passKey, moment)
      if (pass && isFresh(pass.value, moment)) {
        const finding = { found: pass.value, checkedAt: pass.keptAt, cached: true }
        if (pass.ageMs < lifetimes.pass) {
          counts.hits++
          return finding
        }
        if (pass.ageMs < lifetimes.pass + rule.staleMs) {
          counts.staleHits++
          // A failure is remembered: it must not be asked for by each review.
          const failure = findings.get(otherKey, moment)
          if (!failure || failure.ageMs >= lifetimes.error) void start()
          return finding
        }
      }
      const other = findings.get(otherKey, moment)
      if (other && other.ageMs < (other.value.verdict === 'fail' ? lifetimes.fail : lifetimes.error)) {
        counts.hits++
        return { found: other.value, checkedAt: other.keptAt, cached: true }
      }
      counts.misses++
      return (
        (await start()) ?? {
          found: { ...unverified(image, undefined), problems: [overloaded] },
          checkedAt: moment,
          cached: false,
        }
      )
    },

    get cache() {
      return {
        ...counts,
        entries: findings.entries + tags.entries,
        bytes: findings.bytes + tags.bytes,
        evicted: findings.evicted + tags.evicted,
      }
    },
    get verifications() {
      const { started, inFlight, waiting, joined } = flights
      return { started, inFlight, waiting, joined }
    },
    async close() {
      const reason = new Error('the admission is closed')
      await Promise.all([flights.close(reason), resolutions.close(reason)])
    },
  }
}

const overloaded = {
  verdict: 'error',
  code: 'overloaded',
  message: 'too many images wait to be verified',
} as const

const failed = (error: unknown): Resolution => ({ problem: toProblem(error) })

/** A pass about something else, or with problems, is none. */
function believed(found: VerifiedImage, digest: Digest): VerifiedImage {
  if (found.digest === digest && (found.verdict !== 'pass' || found.problems.length === 0)) return found
  return {
    ...found,
    digest,
    verdict: 'error',
    problems: [
      { code: 'verification-failed', message: `the verifier answered about ${found.digest}, not ${digest}` },
      ...found.problems,
    ],
  }
}

function unverified({ digest }: PinnedImage, error: unknown): VerifiedImage {
  const { verdict, code, message } = toProblem(error)
  return { verdict, digest, digests: [digest], problems: [{ code, message }], evidence: [], warnings: [] }
}

const isFresh = ({ freshUntil }: VerifiedImage, { wall }: Moment): boolean =>
  freshUntil === undefined || wall < freshUntil.getTime()

/** Bytes of its texts, roughly. */
function sizeOfFinding({ digests, problems, evidence, warnings }: VerifiedImage): number {
  const texts = [
    ...problems.map(({ message }) => message),
    ...evidence.map(({ signer, predicateType, requirement }) => signer + predicateType + requirement),
    ...warnings,
  ]
  return 2 * texts.reduce((sum, text) => sum + text.length, 0) + 250 * digests.length + 300 * evidence.length
}
