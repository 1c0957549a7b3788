import { readFile } from 'node:fs/promises'
import type { Policy } from '@sallyport/policy'
import { parsePolicyCases, renderPolicyCases, runPolicyCases } from '@sallyport/policy/cases'

/** Runs a table of cases; returns what to print, and whether all came out as they should. */
export async function testPolicy(policy: Policy, file: string): Promise<{ text: string; passed: boolean }> {
  const cases = parsePolicyCases(await readFile(file, 'utf8'), { source: file })
  const report = runPolicyCases(policy, cases)
  return { text: renderPolicyCases(report), passed: report.failed === 0 }
}
