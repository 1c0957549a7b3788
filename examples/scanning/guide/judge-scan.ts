import { formatPlatform } from '@sallyport/core'
import { decide, type Decision, parsePolicy } from '@sallyport/policy'
import type { ScannedImage } from './scan-image.ts'

/** What `promote` makes of an inventory and a scan, by a policy document. */
export function judgeScan({ inventory, scan }: ScannedImage, destination: string, policy: string): Decision {
  const platform = formatPlatform(inventory.platform)
  const facts = {
    subject: inventory.subject,
    destination,
    platforms: { present: [platform], judged: [platform] },
    inventory,
    scan,
    failures: [],
    usage: [],
    removed: [],
  }
  return decide(facts, parsePolicy(policy, { source: 'gate.yaml' }), { tier: 'prod', now: new Date() })
}
