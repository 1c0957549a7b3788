import { isWithin } from '../../trust/is-within.ts'
import type { ResolvedTrust } from '../../trust/resolve-trust.ts'
import type { TrustedAuthority, TrustedRoot } from '../../trust/trusted-root.ts'
import type { VerifiedTime } from '../evidence-signer.ts'
import { Rejection } from '../rejection.ts'
import type { CheckedLogEntry } from './check-log-entry.ts'
import type { FoundSigner } from './find-signer.ts'
import type { TimestampToken } from './timestamp-token.ts'
import { parsedMaterial } from './trust-material.ts'

/** A time and who vouches for it. */
export interface ConfirmedTime extends VerifiedTime {
  readonly operator: string
}

/** The times of a signature: those that logs signed, and those of timestamp authorities. */
export function confirmedTimes(
  entries: readonly CheckedLogEntry[],
  tokens: readonly TimestampToken[],
  root: TrustedRoot,
): readonly ConfirmedTime[] {
  return [
    ...entries.flatMap(({ integratedAt: time, log: { operator } }) =>
      time === undefined ? [] : [{ source: 'log' as const, time, operator }],
    ),
    ...tokens.map((token) => ({
      source: 'timestamp-authority' as const,
      time: token.signingTime,
      operator: operatorOf(token, root),
    })),
  ]
}

/** Authorities whose certificate a token names. */
export function authoritiesOf(
  { signerIssuer, signerSerialNumber }: TimestampToken,
  root: TrustedRoot,
): readonly TrustedAuthority[] {
  return parsedMaterial(root)
    .timestampAuthorities.filter(
      ({
        parsed: {
          certChain: [leaf],
        },
      }) => leaf?.serialNumber.equals(signerSerialNumber) === true && leaf.issuer.equals(signerIssuer),
    )
    .map(({ trusted }) => trusted)
}

/** Operator of the authority of a (verified) token; all certificates in the token must be that authority's. */
function operatorOf(token: TimestampToken, root: TrustedRoot): string {
  const authority = authoritiesOf(token, root).find(({ certificates }) =>
    token.certificates.every((certificate) => certificates.some((known) => certificate.equals(known))),
  )
  if (authority === undefined)
    throw new Rejection(
      'timestamp-invalid',
      'a timestamp comes with a certificate that its authority does not have',
    )
  return authority.operator
}

/**
 * Requires as many independent confirmations as the trust asks for: an operator counts once for logs, and once for
 * times.
 *
 * @throws {Rejection} `log-invalid`, `timestamp-invalid`, `certificate-invalid`
 */
export function requireConfirmations(
  signer: FoundSigner,
  times: readonly ConfirmedTime[],
  entries: readonly CheckedLogEntry[],
  { thresholds, root }: ResolvedTrust,
): void {
  const certified = signer.kind === 'certificate' ? 1 : 0
  const { log = certified, time = certified, ctLog = certified } = thresholds
  const logs = new Set(entries.map(({ log: { operator } }) => operator)).size
  if (logs < log)
    throw new Rejection('log-invalid', `logs of ${logs} operators have the signature, ${log} are needed`)
  const clocks = new Set(times.map(({ operator }) => operator)).size
  if (clocks < time)
    throw new Rejection(
      'timestamp-invalid',
      `${clocks} operators vouch for the time of the signature, ${time} are needed`,
    )
  if (signer.kind === 'key') return
  // One log that is listed twice, under different names, is still one.
  const ctLogs = signer.details.ctLogIds.flatMap((id) => root?.ctLogs.find((log) => log.id === id) ?? [])
  const ctOperators = new Set(ctLogs.map(({ operator }) => operator)).size
  if (ctOperators < ctLog)
    throw new Rejection(
      'certificate-invalid',
      `certificate logs of ${ctOperators} operators have the certificate, ${ctLog} are needed`,
    )
}

/**
 * Requires that the key and the logs counted at every time of the signature; without such a time, now. (Certificates
 * and timestamp authorities are judged with their signatures.)
 *
 * @throws {Rejection} `key-unknown`, `log-invalid`
 */
export function requireValidity(
  signer: FoundSigner,
  times: readonly ConfirmedTime[],
  entries: readonly CheckedLogEntry[],
  { now, root }: ResolvedTrust,
): void {
  const moments = times.length === 0 ? [now()] : times.map(({ time }) => time)
  if (signer.kind === 'key' && !moments.every((moment) => isWithin(moment, signer.key.validFor ?? {})))
    throw new Rejection('key-unknown', `key ${signer.key.keyId} did not count when it was used`)
  for (const { log } of entries) {
    // Roots that were combined may list it with different times.
    const listed = root?.logs.filter(({ id }) => id === log.id) ?? []
    if (!moments.every((moment) => listed.some((each) => isWithin(moment, each.validFor))))
      throw new Rejection('log-invalid', `the log ${log.id} did not count when it was used`)
  }
}
