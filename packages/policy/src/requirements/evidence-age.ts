import * as z from 'zod'
import type { VerifiedEvidence } from '../facts.ts'
import type { RuleKind } from '../rules/rule-kind.ts'
import { broken, holds } from '../rules/rule-result.ts'
import { durationSchema, findAgeFault, toMilliseconds } from './age.ts'
import { judgeEvidence, type Presence, presenceLoosened, presenceSchema } from './presence.ts'
import { raised } from './tightening.ts'

const kinds = ['signature', 'sbom', 'provenance', 'vex', 'scan', 'decision'] as const

/** How old evidence of each kind may be; of several pieces, the youngest counts. What is undated is too old. */
export type EvidenceAgeRule = Readonly<
  Partial<
    Record<(typeof kinds)[number], { readonly presence: Presence; readonly maxAge: string } | undefined>
  >
>

const limit = z.strictObject({ presence: presenceSchema, maxAge: durationSchema }).optional()

/** `evidenceAge`. */
export const evidenceAgeKind: RuleKind<EvidenceAgeRule> = {
  schema: z
    .strictObject({
      signature: limit,
      sbom: limit,
      provenance: limit,
      vex: limit,
      scan: limit,
      decision: limit,
    })
    // `name` and the like are taken out before.
    .refine((rule) => kinds.some((kind) => rule[kind]), 'expected at least one kind of evidence'),
  loosened: (parent, child) =>
    kinds.flatMap((kind) => {
      const before = parent[kind]
      const after = child[kind]
      if (!before) return []
      if (!after) return [{ path: [kind], was: before.maxAge }]
      const paths = [
        ...presenceLoosened(before, after),
        ...raised(['maxAge'], toMilliseconds(before.maxAge), toMilliseconds(after.maxAge)),
      ]
      return paths.map(({ path, was }) => ({
        path: [kind, ...path],
        was: path[0] === 'maxAge' ? before.maxAge : was,
      }))
    }),
  evaluate(rule, { facts, now }) {
    const results = kinds.flatMap((kind: VerifiedEvidence['kind'] & keyof EvidenceAgeRule) => {
      const asked = rule[kind]
      return asked
        ? [judgeEvidence(facts, kind, asked.presence, (one) => findAgeFault(one.signedAt, asked.maxAge, now))]
        : []
    })
    const faults = results.filter(({ outcome }) => outcome !== 'holds')
    const [first] = faults
    if (!first) return holds(results.map(({ message }) => message).join('; '))
    if (first.outcome === 'error') return first
    return broken('evidence-too-old', faults.map(({ message }) => message).join('; '), {
      offenders: faults.flatMap(({ message, offenders = [message] }) => offenders),
    })
  },
}
