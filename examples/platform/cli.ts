// The command line of the company, in forty lines: cli.ts promote|plan FROM TO, cli.ts quarantine
import { argv } from 'node:process'
import { explain } from '@sallyport/policy'
import { openGate } from './open-gate.ts'

const [command, from = '', to = ''] = argv.slice(2)
await using resources = new AsyncDisposableStack()
const gate = await openGate(resources)
const request = { from, to, tier: 'prod' }
const stop = new AbortController()
process.once('SIGINT', () => stop.abort(new Error('interrupted')))

switch (command) {
  case 'promote': {
    const outcome = await gate.promote(request, { signal: stop.signal })
    if (outcome.decision) console.log(explain(outcome.decision))
    if (outcome.verdict === 'error') console.error(`${outcome.error.code}: ${outcome.error.message}`)
    process.exitCode = { pass: 0, fail: 1, error: 2 }[outcome.verdict]
    break
  }
  case 'plan': {
    const { decision, moves } = await gate.plan(request)
    console.log(explain(decision))
    console.log(moves ? `${to} would move` : `${to} would stay`)
    break
  }
  case 'quarantine': {
    const { items } = await gate.context.quarantine.list({ state: 'open' })
    for (const { id, destination } of items) console.log(`${id} ${destination}`)
    break
  }
  default:
    console.error('cli.ts promote FROM TO | plan FROM TO | quarantine')
    process.exitCode = 2
}
