import type { GateOptions } from '@sallyport/gate'
import { createGate } from '@sallyport/gate'

declare const options: GateOptions
await using gate = createGate(options)

const request = { from: 'build.example/team/app:1.4', to: 'prod.example/team/app:1.4', tier: 'prod' }
const plan = await gate.plan(request) // what would happen; nothing is written
const outcome = await gate.promote(request)
const outcomes = await gate.promoteAll([request], { concurrency: 4 })
const release = await gate.release('2026.11', [request]) // all tags or none
const back = await gate.rollback({ to: request.to, tier: 'prod', reason: 'it crashes' })
console.log(plan.moves, outcome.verdict, outcomes.length, release.held, back.verdict)
