import { readFile } from 'node:fs/promises'
import { builtinKinds, parsePolicy } from '@sallyport/policy'
import { loadRego } from '@sallyport/policy/rego'

const rego = await loadRego([await readFile('rules.wasm')])
export const policy = parsePolicy(await readFile('gate.yaml', 'utf8'), {
  source: 'gate.yaml',
  kinds: { ...builtinKinds, requirements: { ...builtinKinds.requirements, rego } },
})
