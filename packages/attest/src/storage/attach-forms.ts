import type { Descriptor, Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { KeylessSigner, Signer } from '../ports/signer.ts'
import { parsePublicKey } from '../signing/parse-public-key.ts'
import type { SignedStatement } from '../statement/sign-statement.ts'
import { resolveTrust } from '../trust/resolve-trust.ts'
import type { VerifiedEvidence } from '../verify/evidence.ts'
import { gatherEvidence } from '../verify/gather-evidence.ts'
import type { AttachOptions, AttachResult, AttachedPiece } from './attach-options.ts'
import { attachBundle, type StoredEvidence } from './attach-bundle.ts'
import { attachLegacy, type LegacyLayer } from './attach-legacy.ts'

/** What evidence is about and by whom. */
export interface Attachment {
  readonly repository: Repository
  readonly subject: Descriptor
  readonly signer: Signer | KeylessSigner
  readonly predicateType: string
}

/** A layer and the key that signed it. */
export interface SignedLayer {
  readonly keyId: string
  readonly layer: LegacyLayer
}

/** A form of the same evidence; it is signed only when it is not there yet. */
export type EvidenceForm =
  | { readonly store: 'bundle'; readonly payload: Digest; readonly make: () => Promise<SignedStatement> }
  | {
      readonly store: 'legacy-signature' | 'legacy-attestation'
      readonly payload: Digest
      readonly make: () => Promise<SignedLayer>
    }

interface PreparedForm {
  readonly form: EvidenceForm
  readonly keyId: string | undefined
  readonly isNew: boolean
  readonly store: () => Promise<StoredEvidence>
}

/** Stores the forms of a mode that are not there yet. All are signed before any is stored. */
export async function attachForms(
  attachment: Attachment,
  options: AttachOptions,
  allForms: readonly EvidenceForm[],
): Promise<AttachResult> {
  const { mode = 'both', createdAt = new Date(), settleMs = 400, evidenceRepository, signal } = options
  const { subject } = attachment
  const repository = evidenceRepository ?? attachment.repository
  const forms = allForms.filter(
    ({ store }) => mode === 'both' || (store === 'bundle') === (mode === 'bundle'),
  )
  const present = await findPresent({ ...attachment, repository }, options, forms)
  const prepared: PreparedForm[] = []
  for (const form of forms) {
    const known = present.find((evidence) => isForm(evidence, form))
    if (known !== undefined) {
      const keyId = known.signer.kind === 'key' ? known.signer.keyId : undefined
      prepared.push({ form, keyId, isNew: false, store: async () => known })
    } else if (form.store === 'bundle') {
      const signed = await form.make()
      const store = () => attachBundle(repository, subject, signed, { createdAt, settleMs, signal })
      prepared.push({ form, keyId: signed.keyId, isNew: true, store })
    } else {
      const { keyId, layer } = await form.make()
      const store = () => attachLegacy(repository, subject.digest, layer, { settleMs, signal })
      prepared.push({ form, keyId, isNew: true, store })
    }
  }
  const pieces: AttachedPiece[] = []
  for (const { form, store } of prepared) {
    const { manifest, blob } = await store()
    pieces.push({ store: form.store, payload: form.payload, manifest, blob })
  }
  return {
    keyId: prepared.find(({ isNew }) => isNew)?.keyId ?? prepared[0]?.keyId ?? '',
    pieces,
    written: prepared.some(({ isNew }) => isNew),
  }
}

function isForm(evidence: VerifiedEvidence, { store, payload }: EvidenceForm): boolean {
  return evidence.store === store && evidence.payload === payload
}

/** Evidence of these forms by the same signer: the same key, or a certificate of an identity that was named. */
async function findPresent(
  { repository, subject, signer, predicateType }: Attachment,
  { trust, signal }: AttachOptions,
  forms: readonly EvidenceForm[],
): Promise<readonly VerifiedEvidence[]> {
  const own = 'certify' in signer || signer.certificate ? undefined : parsePublicKey(signer.publicKey)
  if (own === undefined && trust?.identities === undefined) return []
  const isOwn = ({ signer: by }: VerifiedEvidence): boolean =>
    by.kind === 'key' ? by.keyId === own?.keyId : own === undefined
  const { verified } = await gatherEvidence(repository, subject.digest, {
    trust: resolveTrust({ ...trust, keys: trust?.keys ?? (own && [own.pem]) }),
    stores: forms.map(({ store }) => store),
    predicateTypes: [predicateType],
    skipOthers: true,
    isSatisfied: (found) =>
      forms.every((form) => found.some((evidence) => isOwn(evidence) && isForm(evidence, form))),
    signal,
  })
  return verified.filter(isOwn)
}
