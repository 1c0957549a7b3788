import { constants, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import type { Signer } from '../../ports/signer.ts'

/** Whether the signer's own key and algorithm verify a signature, by Node alone. */
export function verifies(signer: Signer, content: Uint8Array, signature: Uint8Array): boolean {
  const { algorithm = '' } = signer
  const key = createPublicKey(signer.publicKey)
  if (algorithm === 'ed25519') return verify(null, content, key, signature)
  const size = /sha(?:2-)?(256|384|512)/.exec(algorithm)?.[1]
  const padding = algorithm.startsWith('rsa-sign-pss')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {}
  return verify(`sha${size}`, content, { key, ...padding }, signature)
}

const made = new Map<string, KeyObject>()

/** A private key of a kind, e.g. `P-256`, `rsa-2048`, `ed25519`; the same one each time, unless `name` differs. */
export function sampleKey(kind: string, name = ''): KeyObject {
  const kept = made.get(kind + name)
  if (kept !== undefined) return kept
  const key = generate(kind)
  made.set(kind + name, key)
  return key
}

function generate(kind: string): KeyObject {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519').privateKey
  if (kind.startsWith('rsa-')) {
    return generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(4)) }).privateKey
  }
  return generateKeyPairSync('ec', { namedCurve: kind }).privateKey
}
