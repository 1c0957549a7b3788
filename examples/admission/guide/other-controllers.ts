import { readFile } from 'node:fs/promises'
import {
  clusterImagePolicies,
  kyvernoClusterPolicy,
  kyvernoImageValidatingPolicies,
  toYaml,
} from '@sallyport/admission/deploy'

/** Policies for Kyverno and for policy-controller, as YAML. */
export async function otherControllers(repositories: readonly string[]) {
  const releaseKey = await readFile('release.pub', 'utf8')
  const gate = { name: 'promoted', repositories, tier: 'prod', verifierId: 'https://sallyport.dev/gate/prod' }
  const checks = { ...gate, releaseKeys: [releaseKey] }
  return {
    kyverno: toYaml([kyvernoClusterPolicy({ ...checks, maxAgeHours: 24 * 30 })]),
    kyvernoImages: toYaml(kyvernoImageValidatingPolicies(checks)),
    policyController: toYaml(clusterImagePolicies({ ...gate, releaseKey })),
  }
}
