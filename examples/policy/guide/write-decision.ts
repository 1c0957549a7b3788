import { writeFile } from 'node:fs/promises'
import { type Decision, explain } from '@sallyport/policy'
import { renderHtml, renderJson, renderMarkdown, renderSarif } from '@sallyport/policy/report'

/** Writes a decision for people and programs. */
export async function writeDecision(decision: Decision): Promise<void> {
  console.log(explain(decision, { color: process.stdout.isTTY }))
  await writeFile('decision.md', renderMarkdown(decision))
  await writeFile('decision.html', renderHtml(decision))
  await writeFile('decision.json', renderJson(decision))
  await writeFile('decision.sarif', renderSarif(decision))
}
