import { type EvidenceStore, predicateKinds, predicateTypes } from '@sallyport/attest'
import type { AuditedEvidence } from '../audit-record.ts'

const { cyclonedx, spdx, openvex, vulns, cosignVuln } = predicateKinds

/** Stores that only signatures of images are in; what is in others may be an attestation. */
export const isSignatureStore = (store: EvidenceStore): boolean =>
  store === 'legacy-signature' || store === 'artifact-signature'

/** Stores that only attestations are in; a bundle may be either. */
export const isAttestationStore = (store: EvidenceStore): boolean =>
  store === 'legacy-attestation' || store === 'artifact-attestation'

/** Stores under cosign's old tags. */
export const isLegacyStore = (store: EvidenceStore): boolean =>
  store === 'legacy-signature' || store === 'legacy-attestation'

/** What a verified statement is. One that is stored where it does not belong is of no kind that counts. */
export function kindOfEvidence(predicateType: string, store: EvidenceStore): AuditedEvidence['kind'] {
  if (predicateType === predicateTypes.cosignSign) return isAttestationStore(store) ? 'other' : 'signature'
  if (isSignatureStore(store)) return 'other'
  if (predicateType === predicateTypes.vsa) return 'decision'
  if (predicateType === predicateTypes.provenance || predicateType === predicateTypes.provenanceV02)
    return 'provenance'
  if (cyclonedx.reads(predicateType) || spdx.reads(predicateType)) return 'sbom'
  if (openvex.reads(predicateType)) return 'vex'
  return vulns.reads(predicateType) || cosignVuln.reads(predicateType) ? 'scan' : 'other'
}
