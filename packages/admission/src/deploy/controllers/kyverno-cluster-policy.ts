import { decisionLevel, decisionResource, predicateTypes } from '@sallyport/attest'
import type { KubernetesObject } from '../kubernetes-object.ts'
import { checkGateOptions, type GateCheckOptions } from './gate-checks.ts'

/** Options of {@link kyvernoClusterPolicy}. */
export interface KyvernoClusterPolicyOptions extends GateCheckOptions {
  /**
   * Form of the signatures that are read. `SigstoreBundle`: bundles, which is what the gate writes with storage `bundle`
   * and `both`; `Cosign`: the older tags, `legacy` and `both`. Default `SigstoreBundle`.
   */
  readonly format?: 'SigstoreBundle' | 'Cosign' | undefined
  /** Oldest decision, in hours. Default: any age. */
  readonly maxAgeHours?: number | undefined
}

/**
 * Makes a ClusterPolicy of Kyverno (`kyverno.io/v1`, 1.13 and later) with a rule for each repository: the image carries a
 * release signature, and a decision of the gate for this very repository and tier that passed. Tags become digests.
 *
 * Kyverno does not look at image volumes, and skips what its own exclusions name.
 *
 * @throws {AdmissionError} `OPTIONS_INVALID`.
 */
export function kyvernoClusterPolicy(options: KyvernoClusterPolicyOptions): KubernetesObject {
  const { name, repositories, tier, verifierId, format = 'SigstoreBundle', mode = 'enforce' } = options
  const { maxAgeHours } = options
  // Keys alone: the gate's signatures need no transparency log.
  const entries = checkGateOptions(options).map((publicKeys) => ({
    keys: { publicKeys, rekor: { ignoreTlog: true }, ctlog: { ignoreSCT: true } },
  }))
  const attestors = [{ count: 1, entries }]
  const equals = (key: string, value: string) => ({ key: `{{ ${key} }}`, operator: 'Equals', value })
  const rule = (repository: string, at: number) => ({
    name: `promoted-${at + 1}`,
    match: { any: [{ resources: { kinds: ['Pod'] } }] },
    verifyImages: [
      {
        type: format,
        imageReferences: [`${repository}:*`, `${repository}@*`],
        failureAction: mode === 'enforce' ? 'Enforce' : 'Audit',
        required: true,
        mutateDigest: true,
        verifyDigest: true,
        attestors,
        attestations: [
          {
            type: predicateTypes.vsa,
            attestors,
            conditions: [
              {
                all: [
                  equals('verificationResult', 'PASSED'),
                  equals('verifier.id', verifierId),
                  equals('resourceUri', decisionResource(repository)),
                  { key: decisionLevel(tier), operator: 'AnyIn', value: '{{ verifiedLevels }}' },
                  ...(maxAgeHours === undefined
                    ? []
                    : [
                        {
                          key: "{{ time_since('', '{{ timeVerified }}', '') }}",
                          operator: 'LessThanOrEquals',
                          value: `${maxAgeHours}h`,
                        },
                      ]),
                ],
              },
            ],
          },
        ],
      },
    ],
  })
  return {
    apiVersion: 'kyverno.io/v1',
    kind: 'ClusterPolicy',
    metadata: { name },
    spec: {
      background: false,
      webhookConfiguration: { failurePolicy: 'Fail', timeoutSeconds: 30 },
      rules: repositories.map(rule),
    },
  }
}
