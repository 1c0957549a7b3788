import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateSigningKey, keySigner } from '@sallyport/attest'
import type { PromoteOptions } from '@sallyport/gate'
import { parsePolicy } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'

/**
 * The rules of these suites. What is tested is the path; the images carry whatever findings their packages have today,
 * so the limits are on what a promoted image may execute.
 */
export const policyText = `version: 1
tiers:
  prod:
    thresholds:
      - { name: bounded critical, severity: critical, max: 100 }
      - { name: bounded unknown, severity: unknown, max: 1000 }
    accept:
      - { gap: NO_ADVISORIES, images: '*', reason: the suite brings advisories for Debian only }
      - { gap: DATABASE_MISSING, images: '*/prod/static:*', reason: a static binary on an empty base }
      - { gap: DISTRO_UNKNOWN, images: '*/prod/static:*', reason: a static binary on an empty base }
      - { gap: DISTRO_UNSUPPORTED, images: '*/prod/static:*', reason: a static binary on an empty base }
`

/** Options of a promotion that all suites share. */
export type GateSetup = Pick<PromoteOptions, 'tier' | 'policy' | 'scanners' | 'signer' | 'harden'>

/** Policy, scanner and signers of the suites. */
export async function createGate(
  keys = { evidence: generateSigningKey(), release: generateSigningKey() },
  /** Recorded advisories count as of this time. Default: as old as they are. */
  updatedAt?: string,
): Promise<GateSetup & { readonly keys: typeof keys }> {
  const file = join(import.meta.dirname, '..', '..', 'examples', 'demo', 'advisories.json')
  const advisories = parseAdvisories(await readFile(file), { source: 'examples/demo/advisories.json' })
  return {
    keys,
    tier: 'prod',
    policy: parsePolicy(policyText, { source: 'e2e.yaml' }),
    scanners: [builtinScanner({ advisories, updatedAt })],
    signer: { evidence: keySigner(keys.evidence.privateKey), release: keySigner(keys.release.privateKey) },
    harden: true,
  }
}
