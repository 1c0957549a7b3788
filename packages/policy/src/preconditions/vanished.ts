import type { RuleKind } from '../rules/rule-kind.ts'
import { type RuleWithoutFields, ruleKindWithoutFields } from './rule-without-fields.ts'
import { toResult } from './to-result.ts'

/** What was found before the image was hardened is found again, unless its package is gone. */
export const vanishedKind: RuleKind<RuleWithoutFields> = ruleKindWithoutFields(
  ({ facts: { vanished = [] } }) =>
    toResult(
      vanished.map(
        ({ id, package: { name, version } }) =>
          `${id} of ${name} ${version} was found before hardening and is not found now, though the package stayed`,
      ),
      {
        code: 'finding-vanished',
        holds: 'no finding vanished in hardening',
        remedy: 'run the promotion again; if it stays so, a scanner can not read the hardened image',
      },
    ),
)
