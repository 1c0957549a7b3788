import * as z from 'zod'
import { matchGlob } from '../evaluate/match-glob.ts'
import type { VerifiedEvidence } from '../facts.ts'
import type { RuleKind } from '../rules/rule-kind.ts'
import { judgeEvidence, type Presence, presenceLoosened, presenceSchema } from './presence.ts'
import { formatSigners, isSignedBy, type SignerPattern, signersSchema } from './signer-pattern.ts'
import { allowsMore, dropped, lowered, raised } from './tightening.ts'

/** A builder that is trusted, and how far. */
export interface TrustedBuilder {
  /** Its id; `*` stands for any run of characters. */
  readonly id: string
  /** SLSA build level that it is granted. Default: what the gate's own map of builders grants, else 0. */
  readonly level?: number | undefined
  /** Who signs for it; those of the rule when absent. */
  readonly signers?: readonly SignerPattern[] | undefined
}

/** Provenance says who built the image, from what. */
export interface ProvenanceRule {
  readonly presence: Presence
  /** Any when absent. */
  readonly builders?: readonly TrustedBuilder[] | undefined
  /** SLSA build level. Default 0, any. */
  readonly minLevel?: number | undefined
  readonly signers?: readonly SignerPattern[] | undefined
  /** Repositories that it may be built of, as globs; any when absent. */
  readonly sources?: readonly string[] | undefined
}

const level = z.int().min(0).max(3)
const pattern = z.string().min(1).max(1_000)

/** `provenance`. */
export const provenanceKind: RuleKind<ProvenanceRule> = {
  schema: z.strictObject({
    presence: presenceSchema,
    builders: z
      .array(z.strictObject({ id: pattern, level: level.optional(), signers: signersSchema.optional() }))
      .min(1)
      .max(1_000)
      .optional(),
    minLevel: level.optional(),
    signers: signersSchema.optional(),
    sources: z.array(pattern).min(1).max(1_000).optional(),
  }),
  loosened: (parent, child) => [
    ...presenceLoosened(parent, child),
    ...allowsMore(
      ['builders'],
      parent.builders?.map(({ id }) => id),
      child.builders?.map(({ id }) => id),
    ),
    ...(child.builders ?? []).flatMap((builder, at) => {
      const before =
        parent.builders?.find(({ id }) => id === builder.id) ??
        parent.builders?.find(({ id }) => matchGlob(id, builder.id))
      const signers = (from: TrustedBuilder | undefined, rule: ProvenanceRule) =>
        formatSigners(from?.signers ?? rule.signers)
      return [
        // without one, the gate's own map may grant more
        ...dropped(
          ['builders', at, 'level'],
          before?.level?.toString(),
          builder.level === undefined ? undefined : before?.level?.toString(),
        ),
        ...(builder.level !== undefined && builder.level > 0 && before?.level !== builder.level
          ? raised(['builders', at, 'level'], before?.level ?? 0, builder.level)
          : []),
        ...allowsMore(['builders', at, 'signers'], signers(before, parent), signers(builder, child)),
      ]
    }),
    ...lowered(['minLevel'], parent.minLevel ?? 0, child.minLevel ?? 0),
    ...allowsMore(['signers'], formatSigners(parent.signers), formatSigners(child.signers)),
    ...allowsMore(['sources'], parent.sources, child.sources),
  ],
  evaluate: (rule, { facts }) =>
    judgeEvidence(facts, 'provenance', rule.presence, (evidence) => findFault(rule, evidence)),
}

function findFault(rule: ProvenanceRule, evidence: VerifiedEvidence): string | undefined {
  const { builder, source } = evidence
  if (rule.sources && !(source !== undefined && rule.sources.some((glob) => matchGlob(glob, source))))
    return source === undefined ? 'names no source' : `built of ${source}, which is not among the sources`

  const entries: readonly (TrustedBuilder | undefined)[] = rule.builders?.filter(
    ({ id }) => builder !== undefined && matchGlob(id, builder.id),
  ) ?? [undefined]
  if (entries.length === 0) return `built by ${builder?.id ?? 'nobody that it names'}, which is not trusted`
  let fault = ''
  for (const entry of entries) {
    const signers = entry?.signers ?? rule.signers
    const granted = entry?.level ?? builder?.level ?? 0
    if (signers && !isSignedBy(evidence, signers)) fault = 'signed by nobody who may'
    else if (granted < (rule.minLevel ?? 0))
      fault = `SLSA build level ${granted} of ${rule.minLevel} for ${builder?.id ?? 'a builder that it does not name'}`
    else return undefined
  }
  return fault
}
