import { AttestError } from '../errors.ts'
import { isWithin } from '../trust/is-within.ts'
import { type IdentityMatcher, type ResolvedKey, resolveTrust } from '../trust/resolve-trust.ts'
import type { CertificateIdentity } from '../trust/verification-trust.ts'
import type { VerifiedEvidence } from '../verify/evidence.ts'
import type { EvidenceSigner } from '../verify/evidence-signer.ts'
import { matchesIdentity } from '../verify/signature/match-identity.ts'
import type { EvidenceProblem } from './evidence-problem.ts'
import type { AcceptedSigners } from './requirement.ts'

/** One listed signer. */
export type SignerEntry =
  | { readonly kind: 'key'; readonly key: ResolvedKey }
  | { readonly kind: 'identity'; readonly identity: CertificateIdentity; readonly matcher: IdentityMatcher }

/**
 * Reads a list of signers.
 *
 * @throws {AttestError} `REQUIREMENT_INVALID` when it is empty, or names a key or identity twice: a threshold over it
 *   would say more than it holds.
 * @throws {AttestError} `KEY_INVALID`, `KEY_UNSUPPORTED`, `TRUST_INVALID`.
 */
export function parseAcceptedSigners(
  { keys = [], identities = [] }: AcceptedSigners,
  requirement: string,
): readonly SignerEntry[] {
  const entries: SignerEntry[] = []
  const seen = new Set<string>()
  const claim = (what: string): void => {
    if (seen.has(what)) {
      throw new AttestError('REQUIREMENT_INVALID', `${requirement}: the signer ${what} is listed twice`)
    }
    seen.add(what)
  }
  const resolved = resolveTrust({ keys, identities })
  for (const key of resolved.keys) {
    claim(key.keyId)
    entries.push({ kind: 'key', key })
  }
  for (const [index, matcher] of (resolved.identities ?? []).entries()) {
    const identity = identities[index]
    if (identity === undefined) continue
    claim(JSON.stringify([identity.issuer, identity.subject, identity.claims ?? {}]))
    entries.push({ kind: 'identity', identity, matcher })
  }
  if (entries.length === 0) {
    throw new AttestError(
      'REQUIREMENT_INVALID',
      `${requirement}: name the keys or identities that may sign; nobody is trusted by default`,
    )
  }
  return entries
}

/** The listed signers that a verified signature is by, or why it is by none. */
export function findAcceptedSigners(
  entries: readonly SignerEntry[],
  { signer, times }: Pick<VerifiedEvidence, 'signer' | 'times'>,
  now: Date,
): readonly SignerEntry[] | EvidenceProblem {
  const fitting = entries.filter((entry) =>
    entry.kind === 'key'
      ? signer.kind === 'key' && signer.keyId === entry.key.keyId
      : signer.kind === 'certificate' && matchesIdentity(signer, entry.matcher),
  )
  if (fitting.length === 0) {
    return {
      code: 'signer-not-accepted',
      message: `signed by ${describeSigner(signer)}, which is none of: ${describeEntries(entries)}`,
    }
  }
  const moments = times.length === 0 ? [now] : times.map(({ time }) => time)
  const valid = fitting.filter(
    (entry) =>
      entry.kind === 'identity' || moments.every((moment) => isWithin(moment, entry.key.validFor ?? {})),
  )
  if (valid.length > 0) return valid
  return {
    code: 'key-not-valid',
    message: `signed by ${describeSigner(signer)} outside of the time for which the key is trusted`,
  }
}

/** A signer in words. */
export function describeSigner(signer: EvidenceSigner): string {
  return signer.kind === 'key'
    ? `key ${signer.keyId}`
    : `${quote(signer.subject)} (issuer ${quote(signer.issuer)})`
}

/** The first few of a list, in words. */
export function describeEntries(entries: readonly SignerEntry[]): string {
  const shown = entries.slice(0, 5).map((entry) => {
    if (entry.kind === 'key') return `key ${entry.key.keyId}`
    const { issuer, subject, claims = {} } = entry.identity
    const further = Object.entries(claims).map(([name, value]) => `, ${name} ${quote(value)}`)
    return `${quote(subject)} (issuer ${quote(issuer)}${further.join('')})`
  })
  return `${shown.join(', ')}${entries.length > 5 ? `, and ${entries.length - 5} more` : ''}`
}

function quote(value: unknown): string {
  return JSON.stringify(value).slice(0, 300)
}
