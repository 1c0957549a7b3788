import type { KeyObject } from 'node:crypto'
import type { TransparencyLogEntry } from '@sigstore/bundle'
import { spkiOf } from '../../signing/spki-of.ts'
import type { TrustedLog, TrustedRoot } from '../../trust/trusted-root.ts'
import { Rejection } from '../rejection.ts'
import { parseCheckpoint, requireSignatureOf } from './checkpoint.ts'
import { type LoggedSignature, readLogEntryBody } from './log-entry-body.ts'
import type { SignedContent } from './signed-content.ts'

/** Who signed, as far as a log can know. */
export interface LoggedSigner {
  readonly kind: 'key' | 'certificate'
  readonly publicKey: KeyObject
  /** In DER. */
  readonly certificate?: Buffer | undefined
}

/** A log entry that is about this signature by this signer; the log's own signatures are not verified yet. */
export interface CheckedLogEntry {
  readonly entry: TransparencyLogEntry
  readonly log: TrustedLog
  /** Name of the log in its checkpoint, when there is one. */
  readonly origin?: string | undefined
  /** Whether it is of a kind that `@sigstore/verify` no longer reads. */
  readonly isOld: boolean
  /** When the log says so, and signed it. */
  readonly integratedAt?: Date | undefined
}

/** Whether the entry claims to be in a log of the root. */
export function isKnownLog({ logId }: TransparencyLogEntry, { logs }: TrustedRoot): boolean {
  return logs.some(({ id }) => id === logId?.keyId.toString('hex'))
}

/**
 * Compares a log entry with the signature that it comes with: its content, its signature, its key or certificate. The
 * last is what keeps an entry that somebody else made from passing for the signer's.
 *
 * @throws {Rejection} `log-invalid`
 */
export function checkLogEntry(
  entry: TransparencyLogEntry,
  content: SignedContent,
  signer: LoggedSigner,
  root: TrustedRoot,
): CheckedLogEntry {
  const id = entry.logId?.keyId.toString('hex') ?? ''
  const log = root.logs.find((known) => known.id === id)
  if (log === undefined) throw invalid(`the log ${id.slice(0, 64)} is not in the trusted root`)
  const index = requireCount(entry.logIndex)
  const integratedTime = requireCount(entry.integratedTime)
  const { kind = '', version = '' } = entry.kindVersion ?? {}
  requireSame(readLogEntryBody(entry.canonicalizedBody, { kind, version }), kind, content, signer)
  const origin = checkProof(entry, log)
  const { inclusionPromise } = entry
  if (version === '0.0.2' && kind !== 'intoto') {
    // Rekor v2 has neither times nor promises, and one tree for each log.
    if (inclusionPromise !== undefined || integratedTime !== 0 || origin === undefined)
      throw invalid('an entry of Rekor v2 has a proof of inclusion, and neither a promise nor a time')
    if (index !== requireCount(entry.inclusionProof?.logIndex)) throw invalid('an entry has two indexes')
  }
  if (inclusionPromise !== undefined && integratedTime === 0) throw invalid('a promise without a time')
  return {
    entry,
    log,
    origin,
    isOld: kind === 'intoto' && version === '0.0.1',
    // Only the promise signs the time.
    integratedAt: inclusionPromise === undefined ? undefined : new Date(integratedTime * 1000),
  }
}

function requireSame(
  logged: LoggedSignature,
  kind: string,
  content: SignedContent,
  signer: LoggedSigner,
): void {
  const isEnvelope = content.signed.kind === 'envelope'
  if (!isEnvelope && kind !== 'hashedrekord')
    throw invalid('it is about an envelope, and the signature is not')
  if (logged.signature !== undefined && !content.compareSignature(logged.signature))
    throw invalid('it is about another signature')
  if (content.digestFor(logged.digestOf, logged.algorithm)?.equals(logged.digest) !== true)
    throw invalid('it is about another content')
  const { verifier } = logged
  // Whoever watches a log for an identity does not see an entry with the key alone.
  if (signer.kind === 'certificate' && verifier.kind === 'key')
    throw invalid('it names a key, where the signer has a certificate')
  const expected = verifier.kind === 'certificate' ? signer.certificate : spkiOf(signer.publicKey)
  if (expected === undefined || !verifier.der.equals(expected))
    throw invalid(`it names another ${verifier.kind} than the signer's`)
}

/** Checks the proof as far as that needs no arithmetic; returns the origin of its checkpoint. */
function checkProof(
  { inclusionProof, inclusionPromise }: TransparencyLogEntry,
  log: TrustedLog,
): string | undefined {
  if (inclusionProof === undefined) {
    if (inclusionPromise === undefined) throw invalid('it has neither a proof of inclusion nor a promise')
    return undefined
  }
  const checkpoint = parseCheckpoint(inclusionProof.checkpoint?.envelope ?? '')
  requireSignatureOf(log, checkpoint)
  requireCount(inclusionProof.logIndex)
  if (
    !checkpoint.rootHash.equals(inclusionProof.rootHash) ||
    checkpoint.size !== BigInt(requireCount(inclusionProof.treeSize))
  )
    throw invalid('its proof is for another state of the log than its checkpoint')
  return checkpoint.origin
}

/** A number that no arithmetic rounds. */
function requireCount(text: string | undefined): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 0 || String(count) !== text)
    throw invalid('a number is not a whole one in its usual form')
  return count
}

function invalid(problem: string): Rejection {
  return new Rejection('log-invalid', `a log entry is not accepted: ${problem}`)
}
