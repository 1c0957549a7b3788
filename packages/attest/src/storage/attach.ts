import { type Descriptor, type Digest, digestOf } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { Signer } from '../ports/signer.ts'
import { signChecked } from '../signing/sign-checked.ts'
import { parsePublicKey } from '../signing/parse-public-key.ts'
import { serializeStatement } from '../statement/serialize-statement.ts'
import { signStatement, type SignedStatement } from '../statement/sign-statement.ts'
import { createStatement, predicateTypes, type Statement } from '../statement/statement.ts'
import type { EvidenceStore, VerifiedEvidence } from '../verify/evidence.ts'
import { gatherEvidence } from '../verify/gather-evidence.ts'
import { attachBundle } from './attach-bundle.ts'
import { attachLegacy } from './attach-legacy.ts'
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
 * @throws {AttestError} `STATEMENT_INVALID`, `SIGNING_FAILED`, `STORE_CONFLICT`, `LIMIT_EXCEEDED`.
 * @throws {OciError} when the registry can't be read or written. What was stored by then stays.
 */
export async function attachAttestation(
  repository: Repository,
  subject: Descriptor,
  statement: Statement,
  signer: Signer,
  { mode = 'both', createdAt, signal }: AttachOptions,
): Promise<AttachResult> {
  const payload = digestOf(serializeStatement(statement))
  const signed = lazily(() => signStatement(statement, signer, { signal }))
  return attach(repository, subject, signer, statement.predicateType, signal, [
    ...(mode === 'legacy' ? [] : [bundleForm(repository, subject, payload, signed, createdAt, signal)]),
    ...(mode === 'bundle'
      ? []
      : [
          {
            store: 'legacy-attestation' as const,
            payload,
            write: async () =>
              attachLegacy(
                repository,
                subject.digest,
                {
                  suffix: 'att',
                  mediaType: wireFormat.envelope,
                  bytes: (await signed()).envelope,
                  annotations: {
                    [wireFormat.annotations.signature]: '',
                    [wireFormat.annotations.predicateType]: statement.predicateType,
                  },
                },
                signal,
              ),
          },
        ]),
  ])
}

/**
 * Signs an image or index, in the forms of `cosign sign`. Signing twice with the same key changes nothing.
 *
 * @throws {AttestError} `SIGNING_FAILED`, `STORE_CONFLICT`, `LIMIT_EXCEEDED`.
 * @throws {OciError} when the registry can't be read or written. What was stored by then stays.
 */
export async function attachSignature(
  repository: Repository,
  subject: Descriptor,
  signer: Signer,
  { mode = 'both', createdAt, reference, signal }: AttachSignatureOptions,
): Promise<AttachResult> {
  const statement = createStatement([{ digest: subject.digest }], predicateTypes.cosignSign, {})
  const signed = lazily(() => signStatement(statement, signer, { signal }))
  const simple = createSimpleSigning({ image: subject.digest, reference, annotations: {} })
  return attach(repository, subject, signer, predicateTypes.cosignSign, signal, [
    ...(mode === 'legacy'
      ? []
      : [
          bundleForm(repository, subject, digestOf(serializeStatement(statement)), signed, createdAt, signal),
        ]),
    ...(mode === 'bundle'
      ? []
      : [
          {
            store: 'legacy-signature' as const,
            payload: digestOf(simple),
            write: async () => {
              const { signature } = await signChecked(signer, simple, { signal })
              const annotations = {
                [wireFormat.annotations.signature]: Buffer.from(signature).toString('base64'),
              }
              const layer = {
                suffix: 'sig',
                mediaType: wireFormat.simpleSigning,
                bytes: simple,
                annotations,
              } as const
              return attachLegacy(repository, subject.digest, layer, signal)
            },
          },
        ]),
  ])
}

interface Form {
  readonly store: EvidenceStore
  readonly payload: Digest
  readonly write: () => Promise<{ readonly manifest: Digest; readonly blob: Digest }>
}

function bundleForm(
  repository: Repository,
  subject: Descriptor,
  payload: Digest,
  signed: () => Promise<SignedStatement>,
  createdAt: Date,
  signal: AbortSignal | undefined,
): Form {
  return {
    store: 'bundle',
    payload,
    write: async () => attachBundle(repository, subject, await signed(), { createdAt, signal }),
  }
}

async function attach(
  repository: Repository,
  subject: Descriptor,
  signer: Signer,
  predicateType: string,
  signal: AbortSignal | undefined,
  forms: readonly Form[],
): Promise<AttachResult> {
  const { verified } = await gatherEvidence(repository, subject.digest, {
    keys: [parsePublicKey(signer.publicKey)],
    stores: forms.map(({ store }) => store),
    predicateType,
    signal,
  })
  const pieces: AttachedPiece[] = []
  let written = false
  for (const { store, payload, write } of forms) {
    const known = verified.find(
      (found: VerifiedEvidence) => found.store === store && found.payload === payload,
    )
    if (!known) written = true
    const { manifest, blob } = known ?? (await write())
    pieces.push({ store, payload, manifest, blob })
  }
  return { keyId: signer.keyId, pieces, written }
}

/** Runs once, when it is first asked for. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
