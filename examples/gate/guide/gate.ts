import { writeFile } from 'node:fs/promises'
import { argv } from 'node:process'
import { findingsOrigin } from '@sallyport/gate/report'
import { explain } from '@sallyport/policy'
import { renderHtml, renderJson, renderMarkdown, renderSarif } from '@sallyport/policy/report'
import { openGate } from './open-gate.ts'

const [from = '', to = ''] = argv.slice(2)
await using resources = new AsyncDisposableStack()
const gate = await openGate(resources)
const outcome = await gate.promote({ from, to, tier: 'prod' })
const { decision, platforms } = outcome
if (decision) {
  console.log(explain(decision))
  await writeFile('decision.md', renderMarkdown(decision))
  await writeFile('decision.html', renderHtml(decision, { origin: findingsOrigin(platforms) }))
  await writeFile('decision.json', renderJson(decision))
  await writeFile('decision.sarif', renderSarif(decision))
}
if (outcome.verdict === 'error') console.error(`${outcome.error.code}: ${outcome.error.message}`)
process.exitCode = { pass: 0, fail: 1, error: 2 }[outcome.verdict]
