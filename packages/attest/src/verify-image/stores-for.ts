import type { EvidenceStore } from '../verify/evidence.ts'
import type { EvidenceRequirement } from './compiled-requirement.ts'

/** Stores that can hold evidence for a requirement. */
export function storesFor({ kind }: EvidenceRequirement): readonly EvidenceStore[] {
  return kind === 'signature'
    ? ['bundle', 'legacy-signature', 'artifact-signature']
    : ['bundle', 'legacy-attestation', 'artifact-attestation']
}
