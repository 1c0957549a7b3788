import * as z from 'zod'
import type { RuleKind } from '../rules/rule-kind.ts'
import { broken, holds, unanswered } from '../rules/rule-result.ts'
import { describeRejected, nameSigner, type Presence, presenceLoosened, presenceSchema } from './presence.ts'
import { formatSigners, isSignedBy, type SignerPattern, signersSchema } from './signer-pattern.ts'
import { allowsMore, lowered } from './tightening.ts'

/** The image is signed by enough of those who are named. */
export interface SignaturesRule {
  readonly presence: Presence
  readonly signers: readonly SignerPattern[]
  /** How many different ones of them; one who signs twice counts once. Default 1. */
  readonly atLeast?: number | undefined
}

/** `signatures`; may occur several times under different names. */
export const signaturesKind: RuleKind<SignaturesRule> = {
  schema: z.strictObject({
    presence: presenceSchema,
    signers: signersSchema,
    atLeast: z.int().min(1).max(100).optional(),
  }),
  loosened: (parent, child) => [
    ...presenceLoosened(parent, child),
    ...allowsMore(['signers'], formatSigners(parent.signers), formatSigners(child.signers)),
    ...lowered(['atLeast'], parent.atLeast ?? 1, child.atLeast ?? 1),
  ],
  evaluate({ presence, signers, atLeast = 1 }, { facts }) {
    if (!facts.evidence) return unanswered('evidence-unknown', 'nobody looked for signatures')
    const signatures = facts.evidence.verified.filter(({ kind }) => kind === 'signature')
    const trusted = new Set(signatures.filter((one) => isSignedBy(one, signers)).map(nameSigner))
    if (trusted.size >= atLeast) return holds(`signed by ${[...trusted].toSorted().slice(0, 10).join(', ')}`)

    const rejected = describeRejected(facts.evidence.rejected, 'signature')
    if (presence === 'ifPresent' && signatures.length + rejected.length === 0)
      return holds('no signature, which this rule lives with')
    const others = signatures.map(nameSigner).filter((name) => !trusted.has(name))
    return broken(
      signatures.length === 0 ? 'signature-missing' : 'signature-untrusted',
      `signed by ${trusted.size} of those who may, ${atLeast} expected`,
      {
        limit: atLeast,
        actual: trusted.size,
        offenders: [...others.map((name) => `not among them: ${name}`), ...rejected],
      },
    )
  },
}
