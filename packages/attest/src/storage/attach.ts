import { type Descriptor, type Digest, digestOf } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { AttestError } from '../errors.ts'
import type { KeylessSigner, Signer } from '../ports/signer.ts'
import { signPayload } from '../signing/sign-payload.ts'
import { isAbout } from '../statement/is-about.ts'
import { serializeStatement } from '../statement/serialize-statement.ts'
import { signStatement } from '../statement/sign-statement.ts'
import { createStatement, predicateTypes, type Statement } from '../statement/statement.ts'
import { attachForms, type SignedLayer } from './attach-forms.ts'
import type { AttachOptions, AttachResult } from './attach-options.ts'
import { legacyAnnotations } from './legacy-annotations.ts'
import { createSimpleSigning } from './simple-signing.ts'
import { wireFormat } from './wire-format.ts'

/** Options of {@link attachSignature}. */
export interface AttachSignatureOptions extends AttachOptions {
  /** `registry/repository` that the signature names. Default: the name of the image's repository. */
  readonly reference?: string | undefined
  /** Noted in the signature, as with `cosign sign -a`. Signatures with other annotations are other signatures. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/**
 * Signs a statement and attaches it to the image or index that it is about. What is there already, the same statement
 * by the same signer, verified, is left as it is: attaching twice changes nothing. One signature serves both forms;
 * when one of them can't be stored the call rejects, and the next call adds what is missing.
 *
 * @throws {AttestError} `STATEMENT_INVALID` when the statement is not about the subject, or is not plain JSON data.
 * @throws {AttestError} `SIGNING_FAILED`, `WITNESS_MISSING`, `KEY_INVALID`, `KEY_UNSUPPORTED`, `TRUST_INVALID`,
 *   `STORE_CONFLICT`, `LIMIT_EXCEEDED`, and what the keyless signer and the witnesses reject with.
 * @throws {OciError} when the registry can't be read or written. What was stored by then stays.
 */
export async function attachAttestation(
  repository: Repository,
  subject: Descriptor,
  statement: Statement,
  signer: Signer | KeylessSigner,
  options: AttachOptions = {},
): Promise<AttachResult> {
  if (!isAbout(statement, subject.digest))
    throw new AttestError('STATEMENT_INVALID', `the statement is not about ${subject.digest}`)
  const payload = digestOf(serializeStatement(statement))
  const { predicateType } = statement
  const sign = lazily(() => signStatement(statement, signer, options))
  const toLayer = async (): Promise<SignedLayer> => {
    const signed = await sign()
    const annotations = {
      [wireFormat.annotations.signature]: '',
      [wireFormat.annotations.predicateType]: predicateType,
      ...legacyAnnotations(signed, 'att'),
    }
    const layer = {
      suffix: 'att',
      mediaType: wireFormat.envelope,
      bytes: signed.envelope,
      annotations,
    } as const
    return { keyId: signed.keyId, layer }
  }
  return attachForms({ repository, subject, signer, predicateType }, options, [
    { store: 'bundle', payload, make: sign },
    { store: 'legacy-attestation', payload, make: toLayer },
  ])
}

/**
 * Signs an image or index, in the forms of `cosign sign`. Signing twice with the same key changes nothing. The forms
 * are two signatures, with one certificate; nothing is stored before both are made.
 *
 * @throws {AttestError} `SIGNING_FAILED`, `WITNESS_MISSING`, `KEY_INVALID`, `KEY_UNSUPPORTED`, `TRUST_INVALID`,
 *   `STORE_CONFLICT`, `LIMIT_EXCEEDED`, and what the keyless signer and the witnesses reject with.
 * @throws {OciError} when the registry can't be read or written. What was stored by then stays.
 */
export async function attachSignature(
  repository: Repository,
  subject: Descriptor,
  signer: Signer | KeylessSigner,
  { reference = repository.name, annotations = {}, ...options }: AttachSignatureOptions = {},
): Promise<AttachResult> {
  const predicateType = predicateTypes.cosignSign
  const statement = createSignatureStatement(subject.digest, annotations)
  const simple = createSimpleSigning({ image: subject.digest, reference, annotations })
  const { witnesses = [], signal } = options
  // Without witnesses a certificate would be in vain: then signing says so before it asks for one.
  const certify = lazily(async () =>
    'certify' in signer && witnesses.length > 0 ? await signer.certify({ signal }) : signer,
  )
  const toLayer = async (): Promise<SignedLayer> => {
    const signed = await signPayload(simple, await certify(), options)
    const layer = {
      suffix: 'sig',
      mediaType: wireFormat.simpleSigning,
      bytes: simple,
      annotations: {
        [wireFormat.annotations.signature]: Buffer.from(signed.signature).toString('base64'),
        ...legacyAnnotations(signed, 'sig'),
      },
    } as const
    return { keyId: signed.keyId, layer }
  }
  return attachForms({ repository, subject, signer, predicateType }, options, [
    {
      store: 'bundle',
      payload: digestOf(serializeStatement(statement)),
      make: async () => signStatement(statement, await certify(), options),
    },
    { store: 'legacy-signature', payload: digestOf(simple), make: toLayer },
  ])
}

/** What `cosign sign` signs for a bundle. */
function createSignatureStatement(
  image: Digest,
  annotations: Readonly<Record<string, string>>,
): Statement<Record<string, never>> {
  const statement = createStatement([{ digest: image }], predicateTypes.cosignSign, {})
  if (Object.keys(annotations).length === 0) return statement
  return { ...statement, subject: statement.subject.map((each) => ({ ...each, annotations })) }
}

/** Runs once, when it is first asked for. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
