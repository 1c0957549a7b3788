import type { Descriptor } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { KeylessSigner, Signer, SignerIdentity } from '../ports/signer.ts'
import { parsePublicKey } from '../signing/parse-public-key.ts'
import { resolveTrust } from '../trust/resolve-trust.ts'
import type { VerificationTrust } from '../trust/verification-trust.ts'
import type { EvidenceStore, VerifiedEvidence } from '../verify/evidence.ts'
import { gatherEvidence } from '../verify/gather-evidence.ts'
import type { StorageMode } from './attach-options.ts'
import type { EvidenceForm, EvidenceForms } from './evidence-form.ts'

/** What is looked for. */
export interface WantedEvidence {
  readonly subject: Descriptor
  readonly signer: Signer | KeylessSigner
  readonly wanted: readonly EvidenceForms[]
}

/** Options of {@link findPresent}. */
export interface FindPresentOptions {
  readonly mode: StorageMode
  /** Called when none of the places of the mode holds anything about the subject, by whomever. */
  readonly onBlank?: (() => void) | undefined
  readonly trust?: VerificationTrust | undefined
  readonly signal?: AbortSignal | undefined
}

/** Whether evidence is of this form. */
export function isForm(
  evidence: VerifiedEvidence,
  { store, payload }: Pick<EvidenceForm, 'store' | 'payload'>,
): boolean {
  return evidence.store === store && evidence.payload === payload
}

/** Evidence of these forms by the same signer: the same key, or a certificate of an identity that was named. */
export async function findPresent(
  repository: Repository,
  { subject, signer, wanted }: WantedEvidence,
  { mode, trust, onBlank, signal }: FindPresentOptions,
): Promise<readonly VerifiedEvidence[]> {
  const own = 'certify' in signer || signer.certificate ? undefined : parsePublicKey(signer.publicKey)
  const identity = 'certify' in signer ? signer.identity : undefined
  const identities = trust?.identities ?? (trust?.root && identity && [identity])
  if (own === undefined && identities === undefined) return []
  const isOwn = ({ signer: by }: VerifiedEvidence): boolean =>
    by.kind === 'key'
      ? by.keyId === own?.keyId
      : own === undefined && (identity === undefined || isSameIdentity(by, identity))
  const forms = wanted.flatMap((each) => each.forms)
  const stores = storesOf[mode]
  const empty = new Set<EvidenceStore>()
  const { verified } = await gatherEvidence(repository, subject.digest, {
    trust: resolveTrust({ ...trust, identities, keys: trust?.keys ?? (own && [own.pem]) }),
    // All of them, once: then a subject without any evidence need not be looked at again.
    stores,
    onListed: (entries) => void (entries.length === 0 && empty.add('bundle')),
    onTagged: (store, manifest) => void (manifest === undefined && empty.add(store)),
    predicateTypes: [...new Set(wanted.map(({ predicateType }) => predicateType))],
    skipOthers: true,
    isSatisfied: (found) =>
      forms.every((form) => found.some((evidence) => isOwn(evidence) && isForm(evidence, form))),
    signal,
  })
  if (stores.every((store) => empty.has(store))) onBlank?.()
  return verified.filter(isOwn)
}

const isSameIdentity = (one: SignerIdentity, other: SignerIdentity): boolean =>
  one.issuer === other.issuer && one.subject === other.subject

const storesOf: Readonly<Record<StorageMode, readonly EvidenceStore[]>> = {
  bundle: ['bundle'],
  legacy: ['legacy-signature', 'legacy-attestation'],
  both: ['bundle', 'legacy-signature', 'legacy-attestation'],
}
