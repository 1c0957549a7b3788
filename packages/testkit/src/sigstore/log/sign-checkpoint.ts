import type { KeyObject } from 'node:crypto'
import { sha256, type SigningKey, spkiOf } from '../keys/signing-key.ts'

export interface Checkpoint {
  /** First line: which log it is. */
  readonly origin: string
  /** The name beside the signature. */
  readonly name: string
  readonly size: number
  readonly root: Uint8Array
}

/** A checkpoint as a signed note (C2SP `tlog-checkpoint`, `signed-note`). */
export function signCheckpoint({ origin, name, size, root }: Checkpoint, key: SigningKey): string {
  const note = `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`
  const keyId = checkpointKeyId(name, key.publicKey).subarray(0, 4)
  const signature = Buffer.concat([keyId, key.sign(Buffer.from(note))])
  return `${note}\n— ${name} ${signature.toString('base64')}\n`
}

/** The whole hash of which a signed note carries four bytes: for Ed25519 over name and key, for ECDSA over the key. */
export function checkpointKeyId(name: string, publicKey: KeyObject): Buffer {
  const spki = spkiOf(publicKey)
  if (publicKey.asymmetricKeyType !== 'ed25519') return sha256(spki)
  return sha256(Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([1]), spki.subarray(-32)]))
}
