import type { SignedEntity, TrustMaterial, VerificationError } from '@sigstore/verify'
import { loadVerify } from '../../internal/load-libraries.ts'
import type { TrustedRoot } from '../../trust/trusted-root.ts'
import type { RejectionReason } from '../evidence.ts'
import { Rejection } from '../rejection.ts'
import type { CheckedLogEntry } from './check-log-entry.ts'
import type { FoundSigner } from './find-signer.ts'
import type { TimestampToken } from './timestamp-token.ts'
import { parsedMaterial, toLibraryLog } from './trust-material.ts'
import { verifyPromise } from './verify-promise.ts'

// How many confirmations there must be is counted elsewhere: by operator.
const thresholds = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }

/**
 * Has `@sigstore/verify` verify the path and the certificate timestamps of the certificate, the inclusion of log
 * entries, the timestamps, and once more the signature. All that is there must verify.
 *
 * @throws {Rejection}
 */
export function runLibrary(
  signer: FoundSigner,
  entries: readonly CheckedLogEntry[],
  tokens: readonly TimestampToken[],
  root: TrustedRoot,
): void {
  const timestamps: SignedEntity['timestamps'] = [
    ...entries.flatMap(({ entry, integratedAt }) =>
      integratedAt === undefined ? [] : [{ $case: 'transparency-log' as const, tlogEntry: entry }],
    ),
    ...tokens.map((timestamp) => ({ $case: 'timestamp-authority' as const, timestamp })),
  ]
  // The library would read the path that it has not looked for.
  if (signer.kind === 'certificate' && timestamps.length === 0)
    throw new Rejection(
      'timestamp-invalid',
      'nothing says when it was signed, and the certificate may have expired before',
    )
  for (const { entry, isOld } of entries) if (isOld) verifyPromise(entry, root)
  const library = loadVerify()
  try {
    new library.Verifier(toMaterial(signer, entries, root), thresholds).verify({
      signature: signer.content,
      key:
        signer.kind === 'certificate'
          ? { $case: 'certificate', certificate: signer.details.certificate }
          : { $case: 'public-key', hint: '' },
      tlogEntries: entries.filter(({ isOld }) => !isOld).map(({ entry }) => entry),
      timestamps,
    })
  } catch (error) {
    if (error instanceof library.VerificationError)
      throw new Rejection(reasonOf(error), `it does not verify: ${error.message}`)
    throw error
  }
}

function toMaterial(
  signer: FoundSigner,
  entries: readonly CheckedLogEntry[],
  root: TrustedRoot,
): TrustMaterial {
  const { certificateAuthorities, timestampAuthorities, ctLogs } = parsedMaterial(root)
  return {
    certificateAuthorities,
    timestampAuthorities: timestampAuthorities.map(({ parsed }) => parsed),
    ctlogs: ctLogs,
    // The library looks for the name of a checkpoint in the URL of its log, where private logs don't have it. That the
    // name belongs to the signed origin was checked.
    tlogs: root.logs
      .filter((log) => entries.some((entry) => entry.log.id === log.id))
      .map((log) => toLibraryLog(log, entries.map(({ origin = '' }) => origin).join(' '))),
    publicKey: () => ({ publicKey: signer.publicKey, validFor: () => true }),
  }
}

function reasonOf({ code }: VerificationError): RejectionReason {
  if (code === 'TIMESTAMP_ERROR') return 'timestamp-invalid'
  if (code === 'CERTIFICATE_ERROR') return 'certificate-invalid'
  return code.startsWith('TLOG_') ? 'log-invalid' : 'signature-invalid'
}
