import type { Descriptor } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { KeylessSigner, Signer } from '../ports/signer.ts'
import { parsePublicKey } from '../signing/parse-public-key.ts'
import { resolveTrust } from '../trust/resolve-trust.ts'
import type { VerificationTrust } from '../trust/verification-trust.ts'
import type { VerifiedEvidence } from '../verify/evidence.ts'
import { gatherEvidence } from '../verify/gather-evidence.ts'
import type { EvidenceForm, EvidenceForms } from './evidence-form.ts'

/** What is looked for. */
export interface WantedEvidence {
  readonly subject: Descriptor
  readonly signer: Signer | KeylessSigner
  readonly wanted: readonly EvidenceForms[]
}

/** Options of {@link findPresent}. */
export interface FindPresentOptions {
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
  { trust, signal }: FindPresentOptions,
): Promise<readonly VerifiedEvidence[]> {
  const own = 'certify' in signer || signer.certificate ? undefined : parsePublicKey(signer.publicKey)
  if (own === undefined && trust?.identities === undefined) return []
  const isOwn = ({ signer: by }: VerifiedEvidence): boolean =>
    by.kind === 'key' ? by.keyId === own?.keyId : own === undefined
  const forms = wanted.flatMap((each) => each.forms)
  const { verified } = await gatherEvidence(repository, subject.digest, {
    trust: resolveTrust({ ...trust, keys: trust?.keys ?? (own && [own.pem]) }),
    stores: [...new Set(forms.map(({ store }) => store))],
    predicateTypes: [...new Set(wanted.map(({ predicateType }) => predicateType))],
    skipOthers: true,
    isSatisfied: (found) =>
      forms.every((form) => found.some((evidence) => isOwn(evidence) && isForm(evidence, form))),
    signal,
  })
  return verified.filter(isOwn)
}
