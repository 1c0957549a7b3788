import { readFile } from 'node:fs/promises'
import { pullPolicyDocument } from '@sallyport/gate'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { parsePolicy, parseWaivers, type Policy, type WaiverFile } from '@sallyport/policy'

/** Pulls policy and waivers; each must be signed by those who answer for it. */
export async function pullRules(
  policyAt: string,
  waiversAt: string,
): Promise<{ readonly policy: Policy; readonly waivers: readonly WaiverFile[] }> {
  await using client = createRegistryClient()
  const pull = async (kind: 'policy' | 'waivers', at: string, keyFile: string) => {
    const reference = parseReference(at)
    const keys = [await readFile(keyFile, 'utf8')]
    return await pullPolicyDocument(
      client.repository(reference),
      reference.digest ?? reference.tag ?? 'latest',
      { kind, verify: { requirements: [{ kind: 'signature', by: { keys } }] } },
    )
  }
  const policy = await pull('policy', policyAt, 'security.pub')
  const waivers = await pull('waivers', waiversAt, 'reviewers.pub')
  return { policy: parsePolicy(policy.text, policy), waivers: [parseWaivers(waivers.text, waivers)] }
}
