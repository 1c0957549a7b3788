import { readFile } from 'node:fs/promises'
import { decide, explain, parsePolicy, parseWaivers, type PolicyFacts } from '@sallyport/policy'

declare const facts: PolicyFacts // what the gate, or a program of yours, found out about an image

const policy = parsePolicy(await readFile('gate.yaml', 'utf8'), { source: 'gate.yaml' })
const waivers = [parseWaivers(await readFile('waivers.yaml', 'utf8'), { source: 'waivers.yaml' })]
const decision = decide(facts, policy, { tier: 'prod', now: new Date(), waivers })
console.log(explain(decision))
