import type { RuleContext, RuleKind, RuleResult } from '../rules/rule-kind.ts'

/** What a requirement says, written as in a document. */
export function judge<Rule extends object>(
  kind: RuleKind<Rule>,
  rule: unknown,
  context: RuleContext,
): RuleResult {
  return kind.evaluate({ name: 'rule', mode: 'enforce', ...kind.schema.parse(rule) }, context)
}

/** Paths at which a rule is looser than another, written as in a document. */
export function loosened<Rule>(kind: RuleKind<Rule>, parent: unknown, child: unknown): readonly string[] {
  return kind.loosened(kind.schema.parse(parent), kind.schema.parse(child)).map(({ path }) => path.join('.'))
}
