import { createPrivateKey, KeyObject } from 'node:crypto'
import { AttestError } from '../errors.ts'
import { decryptCosignKey } from './decrypt-cosign-key.ts'
import { requireSupportedKey } from './key-profile.ts'
import { onlyPemBlock } from './pem-block.ts'

/** Options of reading a private key. */
export interface PrivateKeyOptions {
  /** Opens an encrypted key. Never appears in a message. */
  readonly passphrase?: string | undefined
}

const maxLength = 64 * 1024
const cosignLabels: ReadonlySet<string> = new Set([
  'ENCRYPTED SIGSTORE PRIVATE KEY',
  'ENCRYPTED COSIGN PRIVATE KEY',
])
const plainLabels: ReadonlySet<string> = new Set([
  'PRIVATE KEY',
  'EC PRIVATE KEY',
  'RSA PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
])

/**
 * Reads a private key in PEM: PKCS#8 (plain or encrypted), SEC1, PKCS#1, or as cosign encrypts it; or takes a
 * `KeyObject`.
 *
 * @throws {AttestError} `KEY_INVALID` when it is no private key or does not open.
 * @throws {AttestError} `KEY_UNSUPPORTED` when it is weak, or of a type, curve or size that cosign does not take.
 */
export function parsePrivateKey(key: string | KeyObject, { passphrase }: PrivateKeyOptions = {}): KeyObject {
  if (!(key instanceof KeyObject)) return requireSupportedKey(openPem(key, passphrase))
  if (key.type !== 'private')
    throw new AttestError('KEY_INVALID', `expected a private key, got a ${key.type} key`)
  return requireSupportedKey(key)
}

function openPem(pem: string, passphrase: string | undefined): KeyObject {
  if (pem.length > maxLength)
    throw new AttestError('KEY_INVALID', `expected a private key of at most ${maxLength} characters`)
  // openssl writes a block of parameters before a SEC1 key.
  const block = onlyPemBlock(pem, 'EC PARAMETERS')
  if (block === undefined)
    throw new AttestError('KEY_INVALID', 'expected a text with one PEM block that holds a private key')
  const { label, body, text } = block
  if (cosignLabels.has(label)) {
    const der = decryptCosignKey(Buffer.from(body, 'base64'), passphrase)
    try {
      return open(() => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
    } finally {
      der.fill(0)
    }
  }
  if (!plainLabels.has(label))
    throw new AttestError('KEY_INVALID', `expected a private key, got a PEM block ${JSON.stringify(label)}`)
  // Without a passphrase OpenSSL would ask for one on the terminal, or fail with an obscure message.
  const encrypted = label === 'ENCRYPTED PRIVATE KEY' || body.includes('ENCRYPTED')
  if (encrypted && passphrase === undefined)
    throw new AttestError('KEY_INVALID', 'the private key is encrypted: give its passphrase')
  return open(() => createPrivateKey({ key: text, format: 'pem', ...(encrypted ? { passphrase } : {}) }))
}

/** The library's own error is dropped on purpose: nothing of a key may reach a message. */
function open(create: () => KeyObject): KeyObject {
  try {
    return create()
  } catch {
    throw new AttestError(
      'KEY_INVALID',
      'the private key cannot be read: damaged, or the passphrase is wrong',
    )
  }
}
