import { parseStrictJson, StrictJsonError } from '@sallyport/core'
import type { Bundle, SerializedBundle } from '@sigstore/bundle'
import type { HashAlgorithm } from '@sigstore/protobuf-specs'
import { loadBundle, loadProtobufSpecs } from '../internal/load-libraries.ts'
import { Rejection } from './rejection.ts'
import type {
  DigestAlgorithm,
  UnverifiedCertificate,
  UnverifiedSignature,
} from './signature/unverified-signature.ts'

/** What a Sigstore bundle carries; nothing of it is verified. */
export interface OpenedBundle {
  readonly material: Omit<UnverifiedSignature, 'signed'>
  readonly content: BundleContent
}

/** What a bundle's signature is over. */
export type BundleContent =
  | { readonly kind: 'envelope'; readonly payloadType: string; readonly payload: Uint8Array }
  | {
      /** The message itself is elsewhere. */
      readonly kind: 'message'
      readonly algorithm: DigestAlgorithm
      readonly digest: Uint8Array
    }

/** In all its parts; payload and entries are texts. */
const maxValues = 10_000
/** Which certificates each media type may carry: the first ones a chain, the last ones the leaf alone. */
const mediaTypes = new Map([
  ['application/vnd.dev.sigstore.bundle+json;version=0.1', 'x509CertificateChain'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.2', 'x509CertificateChain'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.3', 'certificate'],
  ['application/vnd.dev.sigstore.bundle.v0.3+json', 'certificate'],
])
/** All fields of a bundle and its parts: a name with nothing behind it is lost on the way through the library. */
const fields = new Set(
  (
    'mediaType verificationMaterial publicKey hint x509CertificateChain certificates certificate rawBytes tlogEntries ' +
    'logIndex logId keyId kindVersion kind version integratedTime inclusionPromise signedEntryTimestamp inclusionProof ' +
    'rootHash treeSize hashes checkpoint envelope canonicalizedBody timestampVerificationData rfc3161Timestamps ' +
    'signedTimestamp messageSignature messageDigest algorithm digest signature dsseEnvelope payload payloadType ' +
    'signatures sig keyid'
  ).split(' '),
)
const algorithms = new Map<string | undefined, DigestAlgorithm>([
  ['SHA2_256', 'sha256'],
  ['SHA2_384', 'sha384'],
  ['SHA2_512', 'sha512'],
] satisfies [keyof typeof HashAlgorithm, DigestAlgorithm][])

/**
 * Reads a Sigstore bundle (v0.1 to v0.3) in JSON. Fields that nobody knows, base64 in another spelling and numbers in
 * another form are refused: what is not signed must at least be readable in one way only.
 *
 * @throws {Rejection} `bundle-invalid`
 */
export function openBundle(bytes: Uint8Array): OpenedBundle {
  const bundle = parseBundle(bytes)
  const { content, verificationMaterial } = bundle
  const isEnvelope = content.$case === 'dsseEnvelope'
  const signature = isEnvelope ? content.dsseEnvelope.signatures[0] : undefined
  const { hint, certificate } = readSigner(bundle, signature?.keyid ?? '')
  const material = {
    signature: isEnvelope ? (signature?.sig ?? Buffer.alloc(0)) : content.messageSignature.signature,
    hint,
    certificate,
    logEntries: verificationMaterial.tlogEntries,
    timestamps: (verificationMaterial.timestampVerificationData?.rfc3161Timestamps ?? []).map(
      ({ signedTimestamp }) => signedTimestamp,
    ),
  }
  if (isEnvelope) {
    const { payloadType, payload } = content.dsseEnvelope
    return { material, content: { kind: 'envelope', payloadType, payload } }
  }
  const { algorithm: number, digest } = content.messageSignature.messageDigest
  const algorithm = algorithms.get(loadProtobufSpecs().HashAlgorithm[number])
  if (algorithm === undefined) throw invalid('the digest of the message is of an unknown kind')
  return { material, content: { kind: 'message', algorithm, digest } }
}

function parseBundle(bytes: Uint8Array): Bundle {
  let json: unknown
  try {
    json = parseStrictJson(bytes, { maxValues })
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error
    throw new Rejection('bundle-invalid', `the JSON is refused: ${error.message}`)
  }
  const { bundleFromJSON, bundleToJSON } = loadBundle()
  let bundle: Bundle
  let written: unknown
  try {
    // The library checks what each version of the format demands (one signature, inclusion proofs, no chain).
    bundle = bundleFromJSON(json as SerializedBundle)
    written = bundleToJSON(bundle)
  } catch (error) {
    throw invalid(String((error as Error).message).slice(0, 200))
  }
  const certificates = mediaTypes.get(bundle.mediaType)
  if (certificates === undefined) throw invalid('its media type is not one of v0.1 to v0.3')
  const { $case } = bundle.verificationMaterial.content
  if ($case !== 'publicKey' && $case !== certificates)
    throw invalid(`its media type goes with a ${certificates}`)
  if (!isWrittenAs(json, written))
    throw invalid('it has a field that is unknown, or written in an unusual form')
  return bundle
}

/** Whether all that is in `json` is in what the format's own writer makes of it, in the same spelling; an empty value may be left out. */
function isWrittenAs(json: unknown, written: unknown): boolean {
  if (json === written || isEmpty(json)) return true
  if (typeof json === 'number') return String(json) === written
  if (typeof json !== 'object' || json === null || typeof written !== 'object' || written === null)
    return false
  if (Array.isArray(json) !== Array.isArray(written)) return false
  if (Array.isArray(json) && json.length !== (written as unknown[]).length) return false
  return Object.entries(json).every(
    ([name, value]) =>
      (Array.isArray(json) || fields.has(name)) &&
      isWrittenAs(
        value,
        Object.hasOwn(written, name) ? (written as Record<string, unknown>)[name] : undefined,
      ),
  )
}

function isEmpty(json: unknown): boolean {
  if (json === null || json === '' || json === 0 || json === '0' || json === false) return true
  return typeof json === 'object' && Object.keys(json).length === 0
}

function readSigner(
  { verificationMaterial: { content } }: Bundle,
  keyId: string,
): { readonly hint?: string | undefined; readonly certificate?: UnverifiedCertificate | undefined } {
  if (content.$case === 'publicKey') {
    const { hint } = content.publicKey
    if (hint !== '' && keyId !== '' && keyId !== hint) throw invalid('it names two keys')
    return { hint: hint || keyId || undefined }
  }
  if (keyId !== '') throw invalid('it names a key beside its certificate')
  if (content.$case === 'certificate')
    return { certificate: { leaf: content.certificate.rawBytes, chain: [] } }
  const [leaf, ...chain] = content.x509CertificateChain.certificates.map(({ rawBytes }) => rawBytes)
  if (leaf === undefined) throw invalid('its chain is empty')
  return { certificate: { leaf, chain } }
}

function invalid(problem: string): Rejection {
  return new Rejection('bundle-invalid', `not a Sigstore bundle: ${problem}`)
}
