import * as z from 'zod'
import type { RuleContext, RuleKind, RuleResult } from '../rules/rule-kind.ts'
import type { PolicyKinds } from './policy-kinds.ts'
import { durationSchema } from './rule-settings.schema.ts'

/** Facts about an image as small as rules of a test need them. */
export interface SmallFacts {
  /** Findings by severity. */
  readonly findings: readonly { readonly severity: 'low' | 'high' | 'critical'; readonly fixed: boolean }[]
  readonly labels: readonly string[]
  readonly signed: boolean
  readonly ageMs: number
}

/** A context for rules of {@link testKinds}. */
export const smallContext = (facts: SmallFacts, now: Date): RuleContext =>
  ({ facts: facts as unknown, findings: [], counted: [], now }) as unknown as RuleContext

const factsOf = ({ facts }: RuleContext): SmallFacts => facts as unknown as SmallFacts

const judge = (holds: boolean, code: string): RuleResult => ({
  outcome: holds ? 'holds' : 'broken',
  code,
  message: code,
})

/** A limit on findings. */
export interface SmallThreshold {
  readonly severity?: readonly ('low' | 'high' | 'critical')[] | undefined
  readonly fixed?: boolean | undefined
  readonly max: number
}

const threshold: RuleKind<SmallThreshold> = {
  schema: z.strictObject({
    severity: z
      .array(z.enum(['low', 'high', 'critical']))
      .min(1)
      .optional(),
    fixed: z.boolean().optional(),
    max: z.int().min(0).max(1_000_000),
  }),
  loosened: (parent, child) => [
    ...(child.severity &&
    !(parent.severity ?? ['low', 'high', 'critical']).every((one) => child.severity!.includes(one as never))
      ? [{ path: ['severity'], was: parent.severity?.join(', ') ?? 'any' }]
      : []),
    ...(child.fixed !== undefined && child.fixed !== parent.fixed
      ? [{ path: ['fixed'], was: String(parent.fixed ?? 'any') }]
      : []),
    ...(child.max > parent.max ? [{ path: ['max'], was: String(parent.max) }] : []),
  ],
  evaluate: ({ severity, fixed, max }, context) => {
    const counted = factsOf(context).findings.filter(
      (one) => (severity?.includes(one.severity) ?? true) && (fixed ?? one.fixed) === one.fixed,
    )
    return judge(counted.length <= max, 'too-many')
  },
}

const freshness: RuleKind<{ readonly atMost: number }> = {
  schema: z.strictObject({ atMost: durationSchema.prefault('5d') }),
  loosened: (parent, child) =>
    child.atMost > parent.atMost ? [{ path: ['atMost'], was: `${parent.atMost / 86_400_000}d` }] : [],
  evaluate: ({ atMost }, context) => judge(factsOf(context).ageMs <= atMost, 'stale'),
}

const labels: RuleKind<{ readonly names: readonly string[] }> = {
  schema: z.strictObject({ names: z.array(z.string().min(1)).min(1) }),
  loosened: (parent, child) =>
    parent.names.every((name) => child.names.includes(name))
      ? []
      : [{ path: ['names'], was: parent.names.join(', ') }],
  evaluate: ({ names }, context) =>
    judge(
      names.every((name) => factsOf(context).labels.includes(name)),
      'label-missing',
    ),
}

const signed: RuleKind<Readonly<Record<string, never>>> = {
  schema: z.strictObject({}),
  loosened: () => [],
  evaluate: (_rule, context) => judge(factsOf(context).signed, 'unsigned'),
}

const rule: RuleKind<{ readonly expression: string }> = {
  schema: z.strictObject({ expression: z.enum(['signed', 'true']) }),
  loosened: (parent, child) =>
    parent.expression === child.expression ? [] : [{ path: ['expression'], was: parent.expression }],
  evaluate: ({ expression }, context) => judge(expression === 'true' || factsOf(context).signed, 'false'),
}

/** Kinds of rules of a few lines each, for tests of documents. */
export const testKinds: PolicyKinds = {
  preconditions: { freshness },
  threshold,
  requirements: { labels, signed },
  rule,
}
