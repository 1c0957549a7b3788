import type { Policy } from '@sallyport/policy'
import { diffPolicies, parseFacts, renderPolicyDiff } from '@sallyport/policy/cases'

declare const before: Policy
declare const after: Policy
declare const files: readonly { readonly name: string; readonly text: string }[]

const stored = files.map(({ name, text }) => parseFacts(text, { source: name }))
console.log(renderPolicyDiff(diffPolicies(before, after, stored)))
