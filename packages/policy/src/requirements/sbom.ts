import * as z from 'zod'
import type { RuleKind } from '../rules/rule-kind.ts'
import { judgeEvidence, type Presence, presenceLoosened, presenceSchema } from './presence.ts'
import { formatSigners, isSignedBy, type SignerPattern, signersSchema } from './signer-pattern.ts'
import { allowsMore } from './tightening.ts'

/** An SBOM is attached, of this image, and lists what the image was found to have. */
export interface SbomRule {
  readonly presence: Presence
  /** Who must have signed it; any signer that verified when absent. */
  readonly signers?: readonly SignerPattern[] | undefined
}

/** `sbom`. */
export const sbomKind: RuleKind<SbomRule> = {
  schema: z.strictObject({ presence: presenceSchema, signers: signersSchema.optional() }),
  loosened: (parent, child) => [
    ...presenceLoosened(parent, child),
    ...allowsMore(['signers'], formatSigners(parent.signers), formatSigners(child.signers)),
  ],
  evaluate: ({ presence, signers }, { facts }) =>
    judgeEvidence(facts, 'sbom', presence, (evidence) => {
      if (signers && !isSignedBy(evidence, signers)) return 'signed by nobody who may'
      if (!evidence.sbom) return 'not compared with what the image holds'
      if (!evidence.sbom.differences && evidence.sbom.ok)
        return 'its packages were not compared with the image'
      if (!evidence.sbom.ok)
        return (
          evidence.sbom.problems.map(({ message }) => message).join('; ') || 'does not agree with the image'
        )
      return undefined
    }),
}
