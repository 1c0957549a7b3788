import { readFile } from 'node:fs/promises'
import { describeTier, formatTier, parsePolicy } from '@sallyport/policy'

const policy = parsePolicy(await readFile('gate.yaml', 'utf8'), { source: 'gate.yaml' })
console.log(formatTier(describeTier(policy, 'prod')))
