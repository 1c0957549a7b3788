import { writeFile } from 'node:fs/promises'
import { argv } from 'node:process'
import { renderMarkdown } from '@sallyport/policy/report'
import { openGate } from './open-gate.ts'

const [from = '', to = ''] = argv.slice(2)
await using resources = new AsyncDisposableStack()
const gate = await openGate(resources)
const { decision, moves, frozen } = await gate.plan({ from, to, tier: 'prod' })
await writeFile('decision.md', renderMarkdown(decision))
console.log(moves ? `${to} would move` : `${to} would stay: ${frozen?.reason ?? decision.verdict}`)
