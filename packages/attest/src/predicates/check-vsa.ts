import type { Digest } from '@sallyport/core'
import type { EvidenceSigner } from '../verify/evidence-signer.ts'
import { type PredicateCheck, type PredicateProblem, quote } from './predicate-check.ts'
import { findRepeatedTrack, parseSlsaResult, satisfiesLevel } from './slsa-level.ts'
import type { VsaPredicate } from './vsa.ts'
import { toDigestSet } from './write-fields.ts'

/** Which verification summaries count of whom. */
export interface TrustedVerifier {
  /** `verifier.id`, compared exactly. */
  readonly verifierId: string
  /** Whether this signer may speak for the verifier. */
  readonly signedBy: (signer: EvidenceSigner) => boolean
}

/** Who must have made the summary: the pair of verifier and signer counts, never one of them alone. */
export type ExpectedVerifier =
  | {
      readonly trustedVerifiers: readonly TrustedVerifier[]
      /** Who signed the statement, as it was verified. */
      readonly signer: EvidenceSigner
    }
  /** For a caller who has looked at the signer already: only evidence of signers that may speak for this verifier. */
  | { readonly verifierId: string }

/** Options of {@link checkVsa}. */
export type CheckVsaOptions = ExpectedVerifier & {
  /** Where the image is used from, compared exactly; keeps a summary for one place from counting at another. */
  readonly resourceUri: string
  /** Each must be there, or for a level of an SLSA track a higher one. */
  readonly minimumLevels: readonly string[]
  /** SLSA levels that every dependency must have. Default: dependencies don't matter. */
  readonly minimumDependencyLevels?: readonly string[] | undefined
  /** Oldest `timeVerified`, in milliseconds before `now`; a summary without a time fails then. Default: no limit. */
  readonly maxAgeMs?: number | undefined
  /** How far `timeVerified` may lie after `now`, in milliseconds: clocks differ. Default 60 000. */
  readonly clockSkewMs?: number | undefined
  readonly now: Date
  /** The policy that must have been applied. Default: any. */
  readonly policy?: { readonly uri?: string | undefined; readonly digest?: Digest | undefined } | undefined
}

/** Why a verification summary does not count. */
export type VsaProblemCode =
  | 'verifier-mismatch'
  | 'resource-mismatch'
  | 'result-failed'
  | 'levels-invalid'
  | 'level-missing'
  | 'dependency-level-missing'
  | 'policy-mismatch'
  | 'version-unsupported'
  | 'time-missing'
  | 'too-old'
  | 'from-the-future'

/**
 * Holds a verification summary against what its consumer expects: steps 4 to 7 of the specification ("How to verify"),
 * then policy, version and age. Steps 1 to 3, signature, subject and predicate type, come before: take the predicate from
 * verified evidence about the image, through `parsePredicate(statement, predicateKinds.vsa)`.
 */
export function checkVsa(predicate: VsaPredicate, options: CheckVsaOptions): PredicateCheck<VsaProblemCode> {
  const problems = [
    ...checkVerifier(predicate, options),
    ...checkResource(predicate, options),
    ...checkResult(predicate),
    ...checkLevels(predicate, options),
    ...checkDependencies(predicate, options),
    ...checkPolicy(predicate, options),
    ...checkVersion(predicate),
    ...checkTime(predicate, options),
  ]
  return { ok: problems.length === 0, problems }
}

type Problems = readonly PredicateProblem<VsaProblemCode>[]

function checkVerifier({ verifier }: VsaPredicate, options: CheckVsaOptions): Problems {
  const accepted =
    'trustedVerifiers' in options
      ? options.trustedVerifiers.some(
          ({ verifierId, signedBy }) => verifierId === verifier.id && signedBy(options.signer) === true,
        )
      : options.verifierId === verifier.id
  if (accepted) return []
  return [{ code: 'verifier-mismatch', message: `this signer does not speak for ${quote(verifier.id)}` }]
}

function checkResource(predicate: VsaPredicate, { resourceUri }: CheckVsaOptions): Problems {
  if (predicate.resourceUri === resourceUri) return []
  const message = `the summary is about ${quote(predicate.resourceUri)}, not ${quote(resourceUri)}`
  return [{ code: 'resource-mismatch', message }]
}

function checkResult({ verificationResult, verifiedLevels }: VsaPredicate): Problems {
  if (verificationResult === 'PASSED' && !verifiedLevels.includes('FAILED')) return []
  return [{ code: 'result-failed', message: 'the image failed this verification' }]
}

function checkLevels({ verifiedLevels }: VsaPredicate, { minimumLevels }: CheckVsaOptions): Problems {
  const track = findRepeatedTrack(verifiedLevels)
  if (track !== undefined) {
    return [{ code: 'levels-invalid', message: `more than one level of the track ${track}` }]
  }
  return minimumLevels
    .filter((level) => !satisfiesLevel(verifiedLevels, level))
    .map((level) => ({ code: 'level-missing', message: `${quote(level)} was not verified` }))
}

/** Every dependency that is counted for a track must have at least the level; one that is not counted has none. */
function checkDependencies(
  { dependencyLevels }: VsaPredicate,
  { minimumDependencyLevels = [] }: CheckVsaOptions,
): Problems {
  if (minimumDependencyLevels.length === 0) return []
  const missing = (message: string): Problems => [{ code: 'dependency-level-missing', message }]
  if (dependencyLevels === undefined) return missing('the summary says nothing of dependencies')
  const counted = Object.entries(dependencyLevels).filter(([, count]) => count > 0)
  if (counted.some(([level]) => level === 'FAILED')) return missing('dependencies failed their verification')
  // Each dependency is counted once for a track, so the track with the most has counted all that are known of.
  const total = Math.max(0, ...totalsByTrack(counted).values())
  return minimumDependencyLevels.flatMap((required) => {
    const good = counted
      .filter(([level]) => satisfiesLevel([level], required))
      .reduce((sum, [, count]) => sum + count, 0)
    return good === total
      ? []
      : missing(`${total - good} dependencies are not known to have ${quote(required)}`)
  })
}

function totalsByTrack(counted: readonly (readonly [string, number])[]): Map<string, number> {
  const totals = new Map<string, number>()
  for (const [level, count] of counted) {
    const parsed = parseSlsaResult(level)
    const track = 'track' in parsed ? parsed.track : level
    totals.set(track, (totals.get(track) ?? 0) + count)
  }
  return totals
}

function checkPolicy({ policy }: VsaPredicate, { policy: expected = {} }: CheckVsaOptions): Problems {
  const { uri, digest } = expected
  const [algorithm, value] = digest === undefined ? [] : (Object.entries(toDigestSet(digest))[0] ?? [])
  const hasDigest =
    algorithm === undefined ||
    (policy.digest !== undefined &&
      Object.hasOwn(policy.digest, algorithm) &&
      policy.digest[algorithm] === value)
  if (hasDigest && (uri === undefined || policy.uri === uri)) return []
  return [{ code: 'policy-mismatch', message: `another policy was applied: ${quote(policy.uri)}` }]
}

function checkVersion({ slsaVersion }: VsaPredicate): Problems {
  // Minor versions only add; unset means some 1.x.
  if (slsaVersion === undefined || /^1\.\d+$/.test(slsaVersion)) return []
  return [{ code: 'version-unsupported', message: `SLSA ${quote(slsaVersion)} is not known` }]
}

function checkTime(
  { timeVerified }: VsaPredicate,
  { now, maxAgeMs, clockSkewMs = 60_000 }: CheckVsaOptions,
): Problems {
  if (timeVerified === undefined) {
    return maxAgeMs === undefined
      ? []
      : [{ code: 'time-missing', message: 'the summary does not say when it was verified' }]
  }
  const ageMs = now.getTime() - Date.parse(timeVerified)
  if (!(ageMs >= -clockSkewMs)) {
    return [{ code: 'from-the-future', message: `verified at ${quote(timeVerified)}, which is yet to come` }]
  }
  if (maxAgeMs === undefined || ageMs <= maxAgeMs) return []
  return [{ code: 'too-old', message: `verified at ${quote(timeVerified)}, more than ${maxAgeMs} ms ago` }]
}
