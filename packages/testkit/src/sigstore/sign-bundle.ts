import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import type { CertifyOptions } from './certificates/certificate-authority.ts'
import { type DsseEnvelope, preAuthEncoding } from './dsse-envelope.ts'
import { keyAlgorithmOf } from './keys/key-algorithm.ts'
import { sha256, spkiOf } from './keys/signing-key.ts'
import type { LoggedSignature } from './log/log-entry-body.ts'
import type { TransparencyLogEntry } from './log/transparency-log.ts'
import type { SigstoreServices } from './sigstore-services.ts'

/** What is signed: a payload, in an envelope of DSSE, or a file by its digest. */
export type SignedContent =
  | { readonly payload: Uint8Array | string; readonly payloadType?: string | undefined }
  | { readonly file: Uint8Array | string }

/** How a bundle is signed and what witnesses it. */
export interface SignBundleOptions {
  /** Private key. Default: a new one of P-256. */
  readonly key?: KeyObject | undefined
  /**
   * Whom the certificate names and when it is valid, or `none`: verified by the public key alone. Default: the e-mail address
   * `developer@sigstore.test` of the issuer `https://oidc.sigstore.test`.
   */
  readonly certificate?: Partial<CertifyOptions> | 'none' | undefined
  /** In which versions of Rekor it is logged. Default: 2. */
  readonly rekor?: readonly (1 | 2)[] | undefined
  /** Kind of Rekor v1's entry of an envelope. Default `dsse`. */
  readonly rekorKind?: 'dsse' | 'intoto' | undefined
  /** Times that the timestamp authority vouches for; `now` is the clock's. Default: `now`, once. */
  readonly timestamps?: readonly (Date | 'now')[] | undefined
}

/** A bundle and what it was made with. */
export interface SignedBundle {
  /** `application/vnd.dev.sigstore.bundle.v0.3+json` in protobuf's JSON. */
  readonly bundle: Bundle
  /** The private key. */
  readonly key: KeyObject
  /** As the bundle carries it. */
  readonly signature: Buffer
  /** The leaf certificate in DER, where there is one. */
  readonly certificate: Buffer | undefined
}

/** A Sigstore bundle v0.3, as JSON. */
export interface Bundle {
  /** That of v0.3. */
  readonly mediaType: string
  /** Certificate or key, and what witnesses. */
  readonly verificationMaterial: {
    readonly certificate?: { readonly rawBytes: string } | undefined
    /** The hint is the base64 of the SHA-256 of the public key, as cosign has it. */
    readonly publicKey?: { readonly hint: string } | undefined
    readonly tlogEntries: readonly TransparencyLogEntry[]
    readonly timestampVerificationData?:
      | { readonly rfc3161Timestamps: readonly { readonly signedTimestamp: string }[] }
      | undefined
  }
  /** The signed payload. */
  readonly dsseEnvelope?: DsseEnvelope | undefined
  /** The signature of a file. */
  readonly messageSignature?:
    | {
        readonly messageDigest: { readonly algorithm: string; readonly digest: string }
        readonly signature: string
      }
    | undefined
}

const defaultIdentity = {
  subject: { email: 'developer@sigstore.test' },
  issuer: 'https://oidc.sigstore.test',
}

/** Makes a bundle with the services of a Sigstore. */
export function signBundle(
  services: SigstoreServices,
  content: SignedContent,
  options: SignBundleOptions = {},
): SignedBundle {
  const { key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey } = options
  const { certificate: certify = {}, rekor = [2], rekorKind, timestamps = ['now'] } = options
  const publicKey = createPublicKey(key)
  const certificate =
    certify === 'none'
      ? undefined
      : services.certify(publicKey, { identity: defaultIdentity, ...certify }).certificate
  const verifier = certificate ?? publicKey
  const { signature, logged, ...signed } = signContent(content, key)
  const times = timestamps.map((time) => services.timestamp(signature, time === 'now' ? {} : { time }))
  const bundle: Bundle = {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      ...(certificate
        ? { certificate: { rawBytes: certificate.toString('base64') } }
        : { publicKey: { hint: sha256(spkiOf(key)).toString('base64') } }),
      tlogEntries: rekor.map((version) =>
        services.logEntry(version, { ...logged, verifier, kind: rekorKind }),
      ),
      ...(times.length > 0 && {
        timestampVerificationData: {
          rfc3161Timestamps: times.map((time) => ({ signedTimestamp: time.toString('base64') })),
        },
      }),
    },
    ...signed,
  }
  return { bundle, key, signature, certificate }
}

type Signed = Pick<Bundle, 'dsseEnvelope' | 'messageSignature'> & {
  readonly signature: Buffer
  readonly logged: LoggedWithoutVerifier
}
type LoggedWithoutVerifier = LoggedSignature extends infer one
  ? one extends unknown
    ? Omit<one, 'verifier'>
    : never
  : never

function signContent(content: SignedContent, key: KeyObject): Signed {
  const { hash } = keyAlgorithmOf(createPublicKey(key))
  const signWith = (message: Uint8Array): Buffer =>
    sign(key.asymmetricKeyType === 'ed25519' ? null : hash, message, {
      key,
      padding: constants.RSA_PKCS1_PADDING,
    })
  if ('file' in content) {
    const file = Buffer.from(content.file)
    const digest = createHash(hash).update(file).digest()
    const signature = signWith(file)
    return {
      signature,
      logged: { digest, signature },
      messageSignature: {
        messageDigest: { algorithm: hash.replace('sha', 'SHA2_'), digest: digest.toString('base64') },
        signature: signature.toString('base64'),
      },
    }
  }
  const { payloadType = 'application/vnd.in-toto+json' } = content
  const payload = Buffer.from(content.payload)
  const signature = signWith(preAuthEncoding(payloadType, payload))
  const dsseEnvelope: DsseEnvelope = {
    payloadType,
    payload: payload.toString('base64'),
    signatures: [{ sig: signature.toString('base64') }],
  }
  return { signature, logged: { envelope: dsseEnvelope }, dsseEnvelope }
}
