import { readFile } from 'node:fs/promises'
import type { PresentTerms } from '@sallyport/audit'
import { parsePolicy, parseWaivers } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'

/** The policy, the waivers and the advisories of today. */
export async function readPresent(): Promise<PresentTerms> {
  const advisories = parseAdvisories(await readFile('advisories.json'), { source: 'advisories.json' })
  return {
    policy: parsePolicy(await readFile('gate.yaml', 'utf8'), { source: 'gate.yaml' }),
    waivers: [parseWaivers(await readFile('waivers.yaml', 'utf8'), { source: 'waivers.yaml' })],
    scanners: [builtinScanner({ advisories })],
  }
}
