import { writeFile } from 'node:fs/promises'
import { argv } from 'node:process'
import { planPromotion } from '@sallyport/gate'
import { renderMarkdown } from '@sallyport/policy/report'
import { openParts } from './open-gate.ts'

const [from = '', to = ''] = argv.slice(2)
await using resources = new AsyncDisposableStack()
const parts = await openParts(resources)
const { decision, moves, frozen } = await planPromotion({ ...parts, from, to, tier: 'prod' })
await writeFile('decision.md', renderMarkdown(decision))
console.log(moves ? `${to} would move` : `${to} would stay: ${frozen?.reason ?? decision.verdict}`)
