import { canonicalJson } from '@sallyport/core'
import { createHash, createPublicKey, KeyObject, X509Certificate } from 'node:crypto'
import { type DsseEnvelope, preAuthEncoding } from '../dsse-envelope.ts'
import { keyAlgorithmOf } from '../keys/key-algorithm.ts'
import { sha256, spkiOf } from '../keys/signing-key.ts'

/** What a signature is verified with: a public key, or a certificate in DER. */
export type LoggedVerifier = KeyObject | Uint8Array

/** A signature over a digest. */
export interface SignedDigest {
  /** SHA-256, SHA-384 or SHA-512 of what is signed. */
  readonly digest: Uint8Array
  /** As the key makes it; DER for ECDSA. */
  readonly signature: Uint8Array
  /** What the entry says the signature is verified with. */
  readonly verifier: LoggedVerifier
  /** `PublicKeyDetails` in Rekor v2. Default: what Sigstore's services assume for the key. */
  readonly keyDetails?: string | undefined
}

/** A signed envelope of DSSE. */
export interface SignedEnvelope {
  /** As it was sent. */
  readonly envelope: DsseEnvelope
  /** What the entry says the signatures are verified with. */
  readonly verifier: LoggedVerifier
  /** How Rekor v1 keeps it: `dsse` 0.0.1 or `intoto` 0.0.2. Default `dsse`. Rekor v2 has `hashedrekord` alone. */
  readonly kind?: 'dsse' | 'intoto' | undefined
  /** SHA-256 of the envelope in hexadecimal, in Rekor v1. Default: that of its JSON. */
  readonly envelopeHash?: string | undefined
}

/** What is logged of a signature. */
export type LoggedSignature = SignedDigest | SignedEnvelope

/** An entry as it stands in the log; its canonical JSON is the leaf of the tree. */
export interface LogEntryBody {
  /** Such as `hashedrekord`. */
  readonly kind: string
  /** Version of the kind, such as `0.0.2`. */
  readonly apiVersion: string
  /** What the kind says. */
  readonly spec: unknown
}

const hashNames = new Map([
  [32, { v1: 'sha256', v2: 'SHA2_256' }],
  [48, { v1: 'sha384', v2: 'SHA2_384' }],
  [64, { v1: 'sha512', v2: 'SHA2_512' }],
])

/** The entry that Rekor v1 makes of a signature; nothing is verified. */
export function rekorV1Body(logged: LoggedSignature): LogEntryBody {
  const publicKey = base64(verifierPem(logged.verifier))
  if ('digest' in logged) {
    const spec = {
      data: { hash: { algorithm: hashName(logged.digest).v1, value: hex(logged.digest) } },
      signature: { content: base64(logged.signature), publicKey: { content: publicKey } },
    }
    return { kind: 'hashedrekord', apiVersion: '0.0.1', spec }
  }
  const { envelope, kind = 'dsse', envelopeHash } = logged
  const payloadHash = hashOf(Buffer.from(envelope.payload, 'base64'))
  if (kind === 'dsse') {
    const signatures = envelope.signatures
      .map(({ sig }) => ({ signature: sig, verifier: publicKey }))
      .sort((a, b) => (a.signature < b.signature ? -1 : 1))
    const spec = { envelopeHash: hashOf(JSON.stringify(envelope), envelopeHash), payloadHash, signatures }
    return { kind, apiVersion: '0.0.1', spec }
  }
  // The kind encodes twice what is base64 in the envelope already.
  const signatures = envelope.signatures.map(({ keyid, sig }) => ({
    ...(keyid && { keyid }),
    publicKey,
    sig: base64(Buffer.from(sig)),
  }))
  const content = {
    envelope: { payloadType: envelope.payloadType, signatures },
    hash: hashOf(canonicalJson(envelope), envelopeHash),
    payloadHash,
  }
  return { kind, apiVersion: '0.0.2', spec: { content } }
}

/** The entry that Rekor v2 makes of a signature; nothing is verified. */
export function rekorV2Body(logged: LoggedSignature): LogEntryBody {
  const { digest, signature, verifier, ...named } = 'digest' in logged ? logged : digestOfEnvelope(logged)
  const { keyDetails = keyAlgorithmOf(verifierKey(verifier)).keyDetails } = named
  const hashedRekordV002 = {
    data: { algorithm: hashName(digest).v2, digest: base64(digest) },
    signature: {
      content: base64(signature),
      verifier:
        verifier instanceof KeyObject
          ? { keyDetails, publicKey: { rawBytes: base64(spkiOf(verifier)) } }
          : { keyDetails, x509Certificate: { rawBytes: base64(verifier) } },
    },
  }
  return { kind: 'hashedrekord', apiVersion: '0.0.2', spec: { hashedRekordV002 } }
}

/** The public key of a verifier. */
export function verifierKey(verifier: LoggedVerifier): KeyObject {
  if (!(verifier instanceof KeyObject)) return new X509Certificate(verifier).publicKey
  return verifier.type === 'private' ? createPublicKey(verifier) : verifier
}

/** The digest and signature of an envelope, as Rekor v2 logs them. */
function digestOfEnvelope({ envelope, verifier }: SignedEnvelope): SignedDigest {
  const { hash } = keyAlgorithmOf(verifierKey(verifier))
  const signed = preAuthEncoding(envelope.payloadType, Buffer.from(envelope.payload, 'base64'))
  const digest = createHash(hash).update(signed).digest()
  return { digest, signature: Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64'), verifier }
}

function verifierPem(verifier: LoggedVerifier): Buffer {
  if (!(verifier instanceof KeyObject)) return Buffer.from(new X509Certificate(verifier).toString())
  return Buffer.from(verifierKey(verifier).export({ type: 'spki', format: 'pem' }))
}

function hashName(digest: Uint8Array): { readonly v1: string; readonly v2: string } {
  const name = hashNames.get(digest.length)
  if (!name) throw new Error(`a digest of ${digest.length} bytes is none of SHA-256, SHA-384 or SHA-512`)
  return name
}

const hashOf = (content: Uint8Array | string, value = hex(sha256(content))) => ({
  algorithm: 'sha256',
  value,
})
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
