import {
  type AcceptedSigners,
  acceptSigners,
  type BuildLevel,
  decisionLevel,
  type SignerCheck,
  type TrustedKey,
  type VerificationTrust,
} from '@sallyport/attest'
import type { AuditTerms } from '../audit-terms.ts'
import { AuditError } from '../errors.ts'

/** A party by its id, and who signs for it. */
export interface AcceptedParty {
  readonly isSignedBy: SignerCheck
  /** Of a builder. */
  readonly level?: BuildLevel | undefined
}

/** Terms, checked and made ready. */
export interface CompiledTerms {
  readonly terms: AuditTerms
  /** Whom any evidence may be by: who counts for what is asked afterwards. */
  readonly trust: VerificationTrust
  /** Level that a decision of the tier verifies. */
  readonly level: string
  readonly signature: SignerCheck
  /** Whose SBOMs count, where none is needed too. */
  readonly sbom: SignerCheck
  /** By `builder.id`; absent where whoever signs images may say who built them. */
  readonly builders?: ReadonlyMap<string, AcceptedParty> | undefined
  /** By `verifier.id`. */
  readonly verifiers: ReadonlyMap<string, AcceptedParty>
}

/**
 * Checks terms and makes them ready.
 *
 * @throws {AuditError} `OPTIONS_INVALID` when they accept nobody, name somebody twice, need authorities that are not given,
 *   or a tier that the present policy does not have.
 */
export function compileTerms(terms: AuditTerms): CompiledTerms {
  const { tier, signers, sbom, provenance, decision, decisionMaxAgeMs, root, present } = terms
  if (typeof tier !== 'string' || tier === '') throw invalid('name the tier')
  if (decisionMaxAgeMs !== undefined && !(decisionMaxAgeMs >= 0))
    throw invalid(`decisionMaxAgeMs is ${decisionMaxAgeMs}, not a number from 0`)
  if (present !== undefined) {
    if (!present.policy.tiers.has(tier)) {
      const known = [...present.policy.tiers.keys()].join(', ')
      throw invalid(`${present.policy.source} has no tier ${JSON.stringify(tier)}; there are: ${known}`)
    }
    for (const { source, trustedAs } of present.vex ?? [])
      if (trustedAs.trim() === '') throw invalid(`present: nobody vouches for the VEX document ${source}`)
    if (present.scanners.length === 0) throw invalid('present: no scanner, so nothing can be judged anew')
  }
  const parties = [
    signers,
    ...(sbom ? [sbom] : []),
    ...(provenance ? provenance.map(({ by }) => by) : []),
    ...(decision ? decision.map(({ by }) => by) : []),
  ]
  const identities = parties.flatMap((party) => party.identities ?? [])
  if (identities.length > 0 && root === undefined)
    throw invalid('signers are named by identities, and there is no root of authorities that vouch for them')
  try {
    return {
      terms,
      trust: { keys: unionOfKeys(parties), root },
      level: decisionLevel(tier),
      signature: acceptSigners(signers, 'signers'),
      sbom: acceptSigners(sbom === undefined || sbom === false ? signers : sbom, 'sbom'),
      builders: provenance ? toParties(provenance, 'provenance') : undefined,
      verifiers: decision === false ? new Map() : toParties(decision, 'decision'),
    }
  } catch (cause) {
    if (cause instanceof AuditError) throw cause
    throw new AuditError(
      'OPTIONS_INVALID',
      `terms of tier ${tier}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}

/**
 * Checks terms before an audit starts, so that a mistake in them is not found in every image.
 *
 * @throws {AuditError} `OPTIONS_INVALID`
 */
export function checkTerms(terms: AuditTerms): void {
  compileTerms(terms)
}

function toParties(
  parties: readonly {
    readonly id: string
    readonly by: AcceptedSigners
    readonly level?: BuildLevel | undefined
  }[],
  name: string,
): ReadonlyMap<string, AcceptedParty> {
  const byId = new Map<string, AcceptedParty>()
  for (const { id, by, level } of parties) {
    if (byId.has(id)) throw invalid(`${name}: ${JSON.stringify(id)} is listed twice`)
    byId.set(id, { isSignedBy: acceptSigners(by, `${name}: ${id}`), level })
  }
  if (byId.size === 0) throw invalid(`${name}: nobody is listed; false says that none is needed`)
  return byId
}

/** Each key once. When it counts differs by who lists it, and is asked with each list. */
function unionOfKeys(parties: readonly AcceptedSigners[]): readonly TrustedKey[] {
  const union = new Map<string, TrustedKey>()
  for (const key of parties.flatMap(({ keys = [] }) => keys)) {
    const { pem, algorithm, hint } = typeof key === 'string' ? { pem: key } : key
    union.set(JSON.stringify([pem.trim(), algorithm, hint]), { pem, algorithm, hint })
  }
  return [...union.values()]
}

const invalid = (message: string): AuditError => new AuditError('OPTIONS_INVALID', message)
