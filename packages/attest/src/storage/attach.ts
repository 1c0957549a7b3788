import type { Descriptor } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { KeylessSigner, Signer } from '../ports/signer.ts'
import type { Statement } from '../statement/statement.ts'
import type { AttachOptions, AttachResult } from './attach-options.ts'
import { createAttacher } from './create-attacher.ts'
import type { EvidenceItem } from './evidence-item.ts'

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
export function attachAttestation(
  repository: Repository,
  subject: Descriptor,
  statement: Statement,
  signer: Signer | KeylessSigner,
  options: AttachOptions = {},
): Promise<AttachResult> {
  return attachOne(repository, { subject, statement, signer }, options)
}

/**
 * Signs an image or index, in the forms of `cosign sign`. Signing twice with the same key changes nothing. The forms
 * are two signatures, with one certificate; nothing is stored before both are made.
 *
 * @throws {AttestError} `SIGNING_FAILED`, `WITNESS_MISSING`, `KEY_INVALID`, `KEY_UNSUPPORTED`, `TRUST_INVALID`,
 *   `STORE_CONFLICT`, `LIMIT_EXCEEDED`, and what the keyless signer and the witnesses reject with.
 * @throws {OciError} when the registry can't be read or written. What was stored by then stays.
 */
export function attachSignature(
  repository: Repository,
  subject: Descriptor,
  signer: Signer | KeylessSigner,
  { reference = repository.name, annotations, ...options }: AttachSignatureOptions = {},
): Promise<AttachResult> {
  return attachOne(repository, { subject, reference, annotations, signer }, options)
}

async function attachOne(
  repository: Repository,
  item: EvidenceItem,
  options: AttachOptions,
): Promise<AttachResult> {
  const attacher = createAttacher(repository, options)
  const [result] = await attacher.attach([item])
  await attacher.settle()
  return result!
}
