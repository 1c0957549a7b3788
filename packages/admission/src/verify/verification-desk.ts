import type { Digest, Reference } from '@sallyport/core'
import { printable } from '@sallyport/oci/cloud'
import type { AdmissionEvent, AdmissionStats } from '../admission.ts'
import { createExpiringStore, type Moment } from '../cache/expiring-store.ts'
import type { CompiledRule } from '../policy/compiled-rule.ts'
import type {
  ImageVerifier,
  PinnedImage,
  PullCredentials,
  VerificationTerms,
  VerifiedImage,
} from '../ports/image-verifier.ts'
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

/** Looks up the credentials to read with; asked only when the registry is. */
export type CredentialsOfPod = () => Promise<PullCredentials | undefined>

/** Verifies each image once, and remembers it. */
export interface VerificationDesk extends Pick<AdmissionStats, 'cache' | 'verifications'> {
  resolve(
    image: Pick<Reference, 'registry' | 'repository'> & { readonly tag: string },
    terms: { readonly credentials: CredentialsOfPod; readonly isAfterPush: boolean },
  ): Promise<Resolution>
  judge(
    image: PinnedImage,
    terms: {
      readonly rule: CompiledRule
      readonly revoked: RevocationView
      readonly credentials: CredentialsOfPod
      /** What was missing before a push may be there now: only what passed is remembered. */
      readonly isAfterPush: boolean
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

/** Most sets of terms that are kept ready. */
const maxTerms = 1_000

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
  const terms = new Map<string, VerificationTerms>()
  const counts = { hits: 0, staleHits: 0, misses: 0 }

  /** Reads keys and patterns once for the images of a repository. */
  function termsOf(rule: CompiledRule, revoked: RevocationView, place: string): VerificationTerms {
    const id = `${rule.id} ${revoked.keysVersion} ${place}`
    const known = terms.get(id)
    if (known) return known
    const made: VerificationTerms = {
      id,
      requirements: rule.requirementsFor(place, revoked.keys),
      revokedKeys: [...revoked.keys.keys()],
      subject: rule.subject,
    }
    if (terms.size >= maxTerms) terms.clear()
    terms.set(id, made)
    return made
  }

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
    async resolve({ registry, repository, tag }, { credentials: findCredentials, isAfterPush }) {
      const given = await findCredentials().catch(noCredentials)
      if (given instanceof CredentialsError) return { problem: given.problem }
      const credentials = given
      const key = JSON.stringify([registry, repository, tag, credentials?.scope])
      const known = isAfterPush ? undefined : tags.get(key, now())
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

    async judge(image, { rule, revoked, credentials: findCredentials, isAfterPush }) {
      const passKey = JSON.stringify([
        image.registry,
        image.repository,
        image.digest,
        rule.id,
        revoked.keysVersion,
      ])
      // What credentials can't see says nothing of what others can.
      const otherKeyOf = (credentials: PullCredentials | undefined): string =>
        `${passKey} ${credentials?.scope ?? ''}`
      const name = `${image.registry}/${image.repository}@${image.digest}`

      const verify = async (
        credentials: PullCredentials | undefined,
        signal: AbortSignal,
      ): Promise<Finding> => {
        const started = now()
        emit({ type: 'verification-started', image: name })
        const found = await verifier
          .verify(image, termsOf(rule, revoked, `${image.registry}/${image.repository}`), {
            signal,
            credentials,
          })
          .then(
            (given) => believed(given, image.digest),
            (error: unknown) => unverified(image, error),
          )
        const at = now()
        keep(passKey, otherKeyOf(credentials), found, at)
        emit({
          type: 'verification-ended',
          image: name,
          verdict: found.verdict,
          durationMs: at.elapsed - started.elapsed,
        })
        return { found, checkedAt: at, cached: false }
      }
      const unjudged = (found: VerifiedImage): Finding => ({ found, checkedAt: now(), cached: false })
      const start = (credentials: PullCredentials | undefined): Promise<Finding> | undefined =>
        flights
          .join(otherKeyOf(credentials), (signal) => verify(credentials, signal))
          ?.catch((error: unknown) => unjudged(unverified(image, error)))
      const recallOther = (credentials: PullCredentials | undefined): Finding | undefined => {
        const other = findings.get(otherKeyOf(credentials), now())
        if (!other || other.ageMs >= (other.value.verdict === 'fail' ? lifetimes.fail : lifetimes.error))
          return undefined
        return { found: other.value, checkedAt: other.keptAt, cached: true }
      }

      const moment = now()
      const pass = findings.get(passKey, moment)
      if (pass && isFresh(pass.value, moment) && pass.ageMs < lifetimes.pass + rule.staleMs) {
        const isStale = pass.ageMs >= lifetimes.pass
        counts[isStale ? 'staleHits' : 'hits']++
        if (isStale) {
          // A failure is remembered: it must not be asked for by each review.
          void findCredentials().then(
            (credentials) => void (recallOther(credentials) ?? start(credentials)),
            () => undefined,
          )
        }
        return { found: pass.value, checkedAt: pass.keptAt, cached: true }
      }
      const credentials = await findCredentials().catch(noCredentials)
      if (credentials instanceof CredentialsError)
        return unjudged({ ...unverified(image, credentials), problems: [credentials.problem] })
      const other = isAfterPush ? undefined : recallOther(credentials)
      if (other) {
        counts.hits++
        return other
      }
      counts.misses++
      const finding = await start(credentials)
      if (!finding) return unjudged({ ...unverified(image, undefined), problems: [overloaded] })
      const { found } = finding
      if (found.verdict !== 'pass' || isFresh(found, now())) return finding
      return unjudged({ ...found, verdict: 'fail', problems: [outOfDate], evidence: [] })
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

const outOfDate = {
  code: 'verification-failed',
  message: 'its evidence grew too old while it was verified',
} as const

const failed = (error: unknown): Resolution => ({ problem: toProblem(error) })

/** The credentials of a Pod could not be had. */
class CredentialsError extends Error {
  readonly problem = {
    verdict: 'error',
    code: 'credentials-unreadable',
    message: `the credentials of the Pod could not be had: ${printable(this.message)}`,
  } as const
}

const noCredentials = (error: unknown): CredentialsError =>
  new CredentialsError(error instanceof Error ? error.message : String(error))

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
