import type { Policy } from '@sallyport/policy'
import { parsePolicyCases, renderPolicyCases, runPolicyCases } from '@sallyport/policy/cases'

declare const policy: Policy
declare const text: string

const report = runPolicyCases(policy, parsePolicyCases(text, { source: 'cases.yaml' }))
console.log(renderPolicyCases(report))
if (report.failed > 0) process.exitCode = 1
