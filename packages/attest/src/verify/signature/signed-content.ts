import { createHash, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { SignedEntity } from '@sigstore/verify'
import type { SignatureAlgorithm } from '../../signing/signature-algorithm.ts'
import { verifiesSignature } from '../../signing/verifies-signature.ts'
import { preAuthEncoding } from '../../statement/pre-auth-encoding.ts'
import type { DigestAlgorithm, SignedBytes } from './unverified-signature.ts'
import { verifiesDigest } from './verify-digest.ts'

/** Not exported by its name. */
type LibraryContent = SignedEntity['signature']

/**
 * A signature and what it is over, as `@sigstore/verify` asks for it. The library's own forms know SHA-256 only, and
 * need the content where a digest would do.
 */
export class SignedContent implements LibraryContent {
  readonly signed: SignedBytes
  readonly signature: Buffer
  /** Of the key, when something else than its type says which. */
  readonly algorithm: SignatureAlgorithm | undefined
  #bytes: Uint8Array | undefined
  readonly #verified = new WeakMap<KeyObject, boolean>()

  constructor(signed: SignedBytes, signature: Uint8Array, algorithm: SignatureAlgorithm | undefined) {
    this.signed = signed
    this.signature = Buffer.from(signature)
    this.algorithm = algorithm
  }

  /** Whether the signature is one by this key. */
  verifySignature(key: KeyObject): boolean {
    const known = this.#verified.get(key)
    if (known !== undefined) return known
    const verified = this.#verify(key)
    this.#verified.set(key, verified)
    return verified
  }

  compareSignature(signature: Uint8Array): boolean {
    return isEqual(signature, this.signature)
  }

  /** Whether this is the digest of the payload of an envelope, or of the message. */
  compareDigest(digest: Uint8Array): boolean {
    return isEqual(digest, this.digestFor('payload', algorithmOfLength(digest)))
  }

  /** Whether this is the digest of the signed bytes. */
  compareSignedDigest(digest: Uint8Array): boolean {
    return isEqual(digest, this.digestFor('signed-bytes', algorithmOfLength(digest)))
  }

  /** Digest of the payload, of the signed bytes, or of the envelope as it is stored; `undefined` where that is not known. */
  digestFor(what: 'payload' | 'signed-bytes' | 'document', algorithm: DigestAlgorithm): Buffer | undefined {
    const { signed } = this
    if (signed.kind === 'digest') {
      return what !== 'document' && signed.algorithm === algorithm ? Buffer.from(signed.digest) : undefined
    }
    const bytes =
      what === 'signed-bytes'
        ? this.#signedBytes(signed)
        : signed.kind === 'envelope'
          ? signed[what]
          : signed.content
    return bytes === undefined ? undefined : createHash(algorithm).update(bytes).digest()
  }

  #signedBytes(signed: Exclude<SignedBytes, { kind: 'digest' }>): Uint8Array {
    this.#bytes ??=
      signed.kind === 'envelope' ? preAuthEncoding(signed.payloadType, signed.payload) : signed.content
    return this.#bytes
  }

  #verify(key: KeyObject): boolean {
    if (this.signed.kind === 'digest') return verifiesDigest(key, this.signed, this.signature, this.algorithm)
    return verifiesSignature(key, this.#signedBytes(this.signed), this.signature, this.algorithm)
  }
}

function algorithmOfLength({ length }: Uint8Array): DigestAlgorithm {
  return length === 64 ? 'sha512' : length === 48 ? 'sha384' : 'sha256'
}

function isEqual(left: Uint8Array, right: Uint8Array | undefined): boolean {
  return right !== undefined && left.length === right.length && timingSafeEqual(left, right)
}
