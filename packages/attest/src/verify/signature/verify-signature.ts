import type { ResolvedTrust } from '../../trust/resolve-trust.ts'
import type { TrustedRoot } from '../../trust/trusted-root.ts'
import type { EvidenceSigner, VerifiedLogEntry, VerifiedTime } from '../evidence-signer.ts'
import { Rejection } from '../rejection.ts'
import { checkLogEntry, isKnownLog } from './check-log-entry.ts'
import { type FoundSigner, findSigner } from './find-signer.ts'
import { requireIdentity } from './match-identity.ts'
import {
  authoritiesOf,
  confirmedTimes,
  requireConfirmations,
  requireValidity,
} from './require-confirmations.ts'
import { runLibrary } from './run-library.ts'
import { parseTimestamp } from './timestamp-token.ts'
import { parsedMaterial } from './trust-material.ts'
import type { UnverifiedCertificate, UnverifiedSignature } from './unverified-signature.ts'

/** What is known about a signature after it was verified. */
export interface VerifiedSignature {
  readonly signer: EvidenceSigner
  readonly times: readonly VerifiedTime[]
  readonly logEntries: readonly VerifiedLogEntry[]
}

const maxParts = 32

/**
 * Verifies a signature, the certificate behind it, its log entries and its times. What was signed is not looked at:
 * payload type, statement and subject are the caller's to check.
 *
 * @throws {Rejection} with the reason why it does not count; nothing else, whatever comes in.
 */
export function verifySignature(unverified: UnverifiedSignature, trust: ResolvedTrust): VerifiedSignature {
  try {
    return verify(unverified, trust)
  } catch (error) {
    if (error instanceof Rejection) throw error
    // What a parser stumbles over is nothing that was verified.
    throw new Rejection('signature-invalid', 'a part of the signature is malformed')
  }
}

function verify(unverified: UnverifiedSignature, trust: ResolvedTrust): VerifiedSignature {
  const { logEntries, timestamps, certificate } = unverified
  if (Math.max(logEntries.length, timestamps.length, certificate?.chain.length ?? 0) > maxParts)
    throw new Rejection('limit-exceeded', `more than ${maxParts} log entries, timestamps or certificates`)
  const signer = findSigner(unverified, trust)
  const { root, identities } = trust
  if (root === undefined) {
    requireConfirmations(signer, [], [], trust)
    requireValidity(signer, [], [], trust)
    return { signer: toEvidenceSigner(signer), times: [], logEntries: [] }
  }
  if (signer.kind === 'certificate') {
    if (certificate !== undefined) requireKnownChain(certificate, root)
    if (identities !== undefined) requireIdentity(signer.details, identities)
  }
  // A certificate stands or falls with its confirmations. A key counts without them, so those of strangers are left out.
  const mayLeaveOut = signer.kind === 'key'
  const entries = logEntries
    .filter((entry) => !mayLeaveOut || isKnownLog(entry, root))
    .map((entry) => checkLogEntry(entry, signer.content, signer, root))
  const tokens = timestamps
    .map(parseTimestamp)
    .filter((token) => !mayLeaveOut || authoritiesOf(token, root).length > 0)
  runLibrary(signer, entries, tokens, root)
  const times = confirmedTimes(entries, tokens, root)
  requireConfirmations(signer, times, entries, trust)
  requireValidity(signer, times, entries, trust)
  return {
    signer: toEvidenceSigner(signer),
    times: times.map(({ source, time }) => ({ source, time })),
    logEntries: entries.map(({ entry, log, integratedAt }) => ({
      logId: log.id,
      index: entry.logIndex,
      integratedAt,
    })),
  }
}

/** Certificates beside the leaf prove nothing, so they may only be what the root has already. */
function requireKnownChain({ chain }: UnverifiedCertificate, root: TrustedRoot): void {
  const { authorityCertificates } = parsedMaterial(root)
  if (!chain.every((der) => authorityCertificates.has(Buffer.from(der).toString('hex'))))
    throw new Rejection(
      'certificate-invalid',
      'its chain holds a certificate that is not in the trusted root',
    )
}

function toEvidenceSigner(signer: FoundSigner): EvidenceSigner {
  if (signer.kind === 'key') return { kind: 'key', keyId: signer.key.keyId }
  const { issuer, subject, claims, validFrom } = signer.details
  return { kind: 'certificate', issuer, subject, claims, validFrom }
}
