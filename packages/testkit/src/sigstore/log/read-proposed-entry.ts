import { createPublicKey, verify, X509Certificate } from 'node:crypto'
import { type DsseEnvelope, preAuthEncoding } from '../dsse-envelope.ts'
import { sha256 } from '../keys/signing-key.ts'
import { verifiesDigest } from '../keys/verify-digest.ts'
import {
  type LoggedSignature,
  type LoggedVerifier,
  type SignedEnvelope,
  verifierKey,
} from './log-entry-body.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * Reads what a client proposes to Rekor v1, if its signature verifies.
 *
 * @throws {Error} when the kind is none of `hashedrekord` 0.0.1, `dsse` 0.0.1 and `intoto` 0.0.2, when something is
 *   missing, or when the signature is not of the digest or the envelope.
 */
export function readRekorV1Entry(proposed: unknown): LoggedSignature {
  const { kind, apiVersion, spec } = object(proposed)
  switch (`${text(kind)} ${text(apiVersion)}`) {
    case 'hashedrekord 0.0.1':
      return readHashedRekord(object(spec))
    case 'dsse 0.0.1':
      return readDsse(object(object(spec)['proposedContent']))
    case 'intoto 0.0.2':
      return readIntoto(object(object(spec)['content']))
    default:
      throw new Error(`unsupported entry: ${text(kind)} ${text(apiVersion)}`)
  }
}

function readHashedRekord(spec: Json): LoggedSignature {
  const { content, publicKey } = object(spec['signature'])
  const digest = Buffer.from(text(object(object(spec['data'])['hash'])['value']), 'hex')
  const signature = bytes(content)
  const verifier = readVerifier(bytes(object(publicKey)['content']))
  requireValid(verifiesDigest(verifierKey(verifier), digest, signature))
  return { digest, signature, verifier }
}

function readDsse({ envelope: sent, verifiers }: Json): LoggedSignature {
  const content = text(sent)
  const envelope = JSON.parse(content) as DsseEnvelope
  const [verifier, ...others] = list(verifiers).map((verifier) => readVerifier(bytes(verifier)))
  if (verifier === undefined || others.length > 0) throw new Error('exactly one verifier is needed')
  return verifiedEnvelope({ envelope, verifier, kind: 'dsse', envelopeHash: sha256(content).toString('hex') })
}

function readIntoto({ envelope: sent, hash }: Json): LoggedSignature {
  const { payloadType, payload, signatures } = object(sent)
  const signed = list(signatures).map(object)
  const verifiers = new Set(signed.map(({ publicKey }) => text(publicKey)))
  if (verifiers.size !== 1) throw new Error('exactly one public key is needed')
  // This kind encodes twice what is base64 in the envelope already.
  const envelope: DsseEnvelope = {
    payloadType: text(payloadType),
    payload: bytes(payload).toString(),
    signatures: signed.map(({ keyid, sig }) => ({
      ...(typeof keyid === 'string' && { keyid }),
      sig: bytes(sig).toString(),
    })),
  }
  const verifier = readVerifier(bytes(signed[0]!['publicKey']))
  return verifiedEnvelope({ envelope, verifier, kind: 'intoto', envelopeHash: text(object(hash)['value']) })
}

function verifiedEnvelope(signed: SignedEnvelope): SignedEnvelope {
  const { payloadType, payload, signatures } = signed.envelope
  const content = preAuthEncoding(payloadType, Buffer.from(payload, 'base64'))
  const key = verifierKey(signed.verifier)
  // Rekor v1 knows SHA-256 alone for envelopes, whatever the key.
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  requireValid(
    signatures.length > 0 &&
      signatures.every(({ sig }) => verify(hash, content, key, Buffer.from(sig, 'base64'))),
  )
  return signed
}

// Hash of the names that Rekor v2 has for keys, and which keys they may name.
const keyDetails: Readonly<
  Record<string, { readonly type: string; readonly bits: number; readonly digestBytes: number }>
> = {
  PKIX_ECDSA_P256_SHA_256: { type: 'prime256v1', bits: 256, digestBytes: 32 },
  PKIX_ECDSA_P384_SHA_384: { type: 'secp384r1', bits: 384, digestBytes: 48 },
  PKIX_ECDSA_P521_SHA_512: { type: 'secp521r1', bits: 521, digestBytes: 64 },
  PKIX_ED25519_PH: { type: 'ed25519', bits: 256, digestBytes: 64 },
  PKIX_RSA_PKCS1V15_2048_SHA256: { type: 'rsa', bits: 2048, digestBytes: 32 },
  PKIX_RSA_PKCS1V15_3072_SHA256: { type: 'rsa', bits: 3072, digestBytes: 32 },
  PKIX_RSA_PKCS1V15_4096_SHA256: { type: 'rsa', bits: 4096, digestBytes: 32 },
}

/**
 * Reads a client's request to Rekor v2, if its signature verifies.
 *
 * @throws {Error} when it is no `hashedRekordRequestV002`, the key is not what it is said to be, or the signature is not
 *   of the digest.
 */
export function readRekorV2Entry(request: unknown): LoggedSignature {
  const { hashedRekordRequestV002 } = object(request)
  if (hashedRekordRequestV002 === undefined) throw new Error('invalid type, must be hashedrekord')
  const { digest: encodedDigest, signature: signed } = object(hashedRekordRequestV002)
  const { content, verifier: sent } = object(signed)
  const { keyDetails: name, publicKey, x509Certificate } = object(sent)
  const digest = bytes(encodedDigest)
  const signature = bytes(content)
  const verifier: LoggedVerifier =
    publicKey === undefined
      ? bytes(object(x509Certificate)['rawBytes'])
      : createPublicKey({ key: bytes(object(publicKey)['rawBytes']), format: 'der', type: 'spki' })
  const key = verifierKey(verifier)
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {}
  const expected = keyDetails[text(name)]
  const type = key.asymmetricKeyType === 'ec' ? namedCurve : key.asymmetricKeyType
  if (expected?.type !== type || (modulusLength !== undefined && modulusLength !== expected?.bits))
    throw new Error('unsupported key')
  if (digest.length !== expected?.digestBytes) throw new Error('digest length does not match the algorithm')
  requireValid(verifiesDigest(key, digest, signature))
  return { digest, signature, verifier, keyDetails: text(name) }
}

function readVerifier(pem: Buffer): LoggedVerifier {
  return pem.includes('-----BEGIN CERTIFICATE-----') ? new X509Certificate(pem).raw : createPublicKey(pem)
}

function requireValid(valid: boolean): void {
  if (!valid) throw new Error('verifying signature: invalid signature')
}

function object(value: unknown): Json {
  if (value === null || typeof value !== 'object') throw new Error('missing field')
  return value as Json
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('missing list')
  return value
}

function text(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new Error('missing text')
  return value
}

const bytes = (value: unknown): Buffer => Buffer.from(text(value), 'base64')
