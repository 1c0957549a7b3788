import { type Descriptor, type Digest, digestOf } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { AttestError } from '../errors.ts'
import type { Signer } from '../ports/signer.ts'
import { parsePublicKey } from '../signing/parse-public-key.ts'
import { signChecked } from '../signing/sign-checked.ts'
import { isAbout } from '../statement/is-about.ts'
import { serializeStatement } from '../statement/serialize-statement.ts'
import { type SignedStatement, signStatement } from '../statement/sign-statement.ts'
import { createStatement, predicateTypes, type Statement } from '../statement/statement.ts'
import type { EvidenceStore } from '../verify/evidence.ts'
import { resolveTrust } from '../trust/resolve-trust.ts'
import { gatherEvidence } from '../verify/gather-evidence.ts'
import { attachBundle, type StoredEvidence } from './attach-bundle.ts'
import { attachLegacy, type LegacyLayer } from './attach-legacy.ts'
import { createSimpleSigning } from './simple-signing.ts'
import { wireFormat } from './wire-format.ts'

/** In which forms evidence is stored: as referrer (cosign v3), under tags (cosign v2), or as both. */
export type StorageMode = 'bundle' | 'legacy' | 'both'

/** Options of {@link attachAttestation}. */
export interface AttachOptions {
  /** Default `both`, because a reader of one form does not look for the other. */
  readonly mode?: StorageMode | undefined
  /** Time that the stored manifest names. */
  readonly createdAt: Date
  /**
   * Shortest pause, in milliseconds, after which what was written under a tag is read back, in case another writer
   * wrote at the same time. Default 50; 0 where nobody else writes.
   */
  readonly settleMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link attachSignature}. */
export interface AttachSignatureOptions extends AttachOptions {
  /** `registry/repository` that the signature names. */
  readonly reference: string
}

/** One place where evidence is stored. */
export interface AttachedPiece {
  readonly store: EvidenceStore
  /**
   * Manifest that carries it at this time. Appending under a tag makes a new one: to find the piece again, look for
   * its store, payload and key.
   */
  readonly manifest: Digest
  /** Digest of the bundle, envelope or payload. */
  readonly blob: Digest
  /** Digest of the bytes that were signed. */
  readonly payload: Digest
}

/** What is attached now. */
export interface AttachResult {
  readonly keyId: string
  /** One for each store of the mode. */
  readonly pieces: readonly AttachedPiece[]
  /** `false` when everything was there already. */
  readonly written: boolean
}

/**
 * Signs a statement and attaches it to the image or index that it is about. What is there already, the same statement
 * by the same key, verified, is left as it is: attaching twice changes nothing.
 *
 * @throws {AttestError} `STATEMENT_INVALID` when the statement is not about the subject, or is not plain JSON data.
 * @throws {AttestError} `SIGNING_FAILED`, `KEY_INVALID`, `KEY_UNSUPPORTED`, `STORE_CONFLICT`, `LIMIT_EXCEEDED`.
 * @throws {OciError} when the registry can't be read or written. What was stored by then stays.
 */
export async function attachAttestation(
  repository: Repository,
  subject: Descriptor,
  statement: Statement,
  signer: Signer,
  options: AttachOptions,
): Promise<AttachResult> {
  if (!isAbout(statement, subject.digest))
    throw new AttestError('STATEMENT_INVALID', `the statement is not about ${subject.digest}`)
  const payload = digestOf(serializeStatement(statement))
  const { predicateType } = statement
  const sign = lazily(() => signStatement(statement, signer, options))
  const envelope = async (): Promise<LegacyLayer> => ({
    suffix: 'att',
    mediaType: wireFormat.envelope,
    bytes: (await sign()).envelope,
    annotations: {
      [wireFormat.annotations.signature]: '',
      [wireFormat.annotations.predicateType]: predicateType,
    },
  })
  return attach({ repository, subject, signer, predicateType }, options, [
    { store: 'bundle', payload, make: sign },
    { store: 'legacy-attestation', payload, make: envelope },
  ])
}

/**
 * Signs an image or index, in the forms of `cosign sign`. Signing twice with the same key changes nothing.
 *
 * @throws {AttestError} `SIGNING_FAILED`, `KEY_INVALID`, `KEY_UNSUPPORTED`, `STORE_CONFLICT`, `LIMIT_EXCEEDED`.
 * @throws {OciError} when the registry can't be read or written. What was stored by then stays.
 */
export async function attachSignature(
  repository: Repository,
  subject: Descriptor,
  signer: Signer,
  { reference, ...options }: AttachSignatureOptions,
): Promise<AttachResult> {
  const predicateType = predicateTypes.cosignSign
  const statement = createStatement([{ digest: subject.digest }], predicateType, {})
  const simple = createSimpleSigning({ image: subject.digest, reference, annotations: {} })
  const signature = async (): Promise<LegacyLayer> => {
    const { signature: bytes } = await signChecked(signer, simple, options)
    return {
      suffix: 'sig',
      mediaType: wireFormat.simpleSigning,
      bytes: simple,
      annotations: { [wireFormat.annotations.signature]: Buffer.from(bytes).toString('base64') },
    }
  }
  return attach({ repository, subject, signer, predicateType }, options, [
    {
      store: 'bundle',
      payload: digestOf(serializeStatement(statement)),
      make: () => signStatement(statement, signer, options),
    },
    { store: 'legacy-signature', payload: digestOf(simple), make: signature },
  ])
}

interface Attachment {
  readonly repository: Repository
  readonly subject: Descriptor
  readonly signer: Signer
  readonly predicateType: string
}

/** A form of the same evidence; it is signed only when it is not there yet. */
type Form =
  | { readonly store: 'bundle'; readonly payload: Digest; readonly make: () => Promise<SignedStatement> }
  | {
      readonly store: 'legacy-signature' | 'legacy-attestation'
      readonly payload: Digest
      readonly make: () => Promise<LegacyLayer>
    }

async function attach(
  { repository, subject, signer, predicateType }: Attachment,
  { mode = 'both', createdAt, settleMs = 50, signal }: AttachOptions,
  allForms: readonly Form[],
): Promise<AttachResult> {
  const forms = allForms.filter(
    ({ store }) => mode === 'both' || (store === 'bundle') === (mode === 'bundle'),
  )
  const key = parsePublicKey(signer.publicKey)
  const { verified } = await gatherEvidence(repository, subject.digest, {
    trust: resolveTrust({ keys: [key.pem] }),
    stores: forms.map(({ store }) => store),
    predicateTypes: [predicateType],
    skipOthers: true,
    signal,
  })
  const store = async (form: Form): Promise<StoredEvidence> =>
    form.store === 'bundle'
      ? attachBundle(repository, subject, await form.make(), { createdAt, signal })
      : attachLegacy(repository, subject.digest, await form.make(), { settleMs, signal })
  const pieces: AttachedPiece[] = []
  let written = false
  for (const form of forms) {
    const known = verified.find((found) => found.store === form.store && found.payload === form.payload)
    if (!known) written = true
    const { manifest, blob } = known ?? (await store(form))
    pieces.push({ store: form.store, payload: form.payload, manifest, blob })
  }
  return { keyId: key.keyId, pieces, written }
}

/** Runs once, when it is first asked for. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
