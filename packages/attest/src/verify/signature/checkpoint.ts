import { createHash } from 'node:crypto'
import { decodeCanonicalBase64 } from '../../internal/canonical-base64.ts'
import { spkiOf } from '../../signing/spki-of.ts'
import type { TrustedLog } from '../../trust/trusted-root.ts'
import { Rejection } from '../rejection.ts'

/** State of a log at one moment, signed by it (C2SP tlog-checkpoint); not verified yet. */
export interface Checkpoint {
  readonly origin: string
  readonly size: bigint
  readonly rootHash: Buffer
  readonly signatures: readonly CheckpointSignature[]
}

interface CheckpointSignature {
  readonly name: string
  readonly keyHint: Buffer
}

const maxLength = 16 * 1024
const maxSignatures = 64
const signatureLine = /^\u2014 (\S+) (\S+)$/
const decimal = /^(0|[1-9]\d{0,18})$/

/**
 * Reads a checkpoint line by line; no byte of it may be something that nobody looks at.
 *
 * @throws {Rejection} `log-invalid`
 */
export function parseCheckpoint(text: string): Checkpoint {
  if (text.length > maxLength) throw invalid(`it is longer than ${maxLength} characters`)
  const [note = '', signed = '', ...more] = text.split('\n\n')
  const [origin = '', size = '', rootHash = ''] = note.split('\n')
  const lines = signed.split('\n')
  const root = decodeCanonicalBase64(rootHash)
  if (more.length > 0 || lines.pop() !== '' || lines.length === 0 || lines.length > maxSignatures)
    throw invalid('it is not a note with signatures')
  if (origin === '' || !decimal.test(size) || root?.length !== 32)
    throw invalid('origin, size or root hash are missing')
  return { origin, size: BigInt(size), rootHash: root, signatures: lines.map(parseSignature) }
}

function parseSignature(line: string): CheckpointSignature {
  const [, name = '', text = ''] = signatureLine.exec(line) ?? []
  const bytes = decodeCanonicalBase64(text)
  if (name === '' || bytes === undefined || bytes.length < 5) throw invalid('a signature line is malformed')
  return { name, keyHint: bytes.subarray(0, 4) }
}

/**
 * Requires that the checkpoint claims to be signed by this log under the checkpoint's own origin. The name need not
 * be the host of the log: private logs have names of their own. Rekor v1 adds a tree id to the origin.
 *
 * @throws {Rejection} `log-invalid`
 */
export function requireSignatureOf({ id, publicKey }: TrustedLog, { origin, signatures }: Checkpoint): void {
  const claimed = signatures.some(({ name, keyHint }) => {
    if (origin !== name && !origin.startsWith(`${name} - `)) return false
    if (keyHint.toString('hex') !== id.slice(0, 8)) return false
    if (publicKey.asymmetricKeyType !== 'ed25519') return true
    // The id of an Ed25519 key is over the name too (C2SP signed-note).
    const raw = spkiOf(publicKey).subarray(-32)
    const expected = createHash('sha256')
      .update(`${name}\n`)
      .update(Buffer.from([0x01]))
      .update(raw)
      .digest()
    return expected.subarray(0, 4).equals(keyHint)
  })
  if (!claimed) throw invalid('it has no signature of the log under its own origin')
}

function invalid(problem: string): Rejection {
  return new Rejection('log-invalid', `a checkpoint is not accepted: ${problem}`)
}
