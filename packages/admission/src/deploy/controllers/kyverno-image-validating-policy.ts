import { decisionLevel, decisionResource, predicateTypes } from '@sallyport/attest'
import type { KubernetesObject } from '../kubernetes-object.ts'
import { checkGateOptions, type GateCheckOptions } from './gate-checks.ts'

/**
 * Makes an ImageValidatingPolicy of Kyverno (`policies.kyverno.io/v1`, 1.17 and later) for each repository: the image
 * carries a release signature, and a decision of the gate for this very repository and tier that passed.
 *
 * Such policies know no age. With several keys each attestor counts, and one will do.
 *
 * @throws {AdmissionError} `OPTIONS_INVALID`.
 */
export function kyvernoImageValidatingPolicies(options: GateCheckOptions): readonly KubernetesObject[] {
  const { name, repositories, tier, verifierId, mode = 'enforce' } = options
  const attestors = checkGateOptions(options).map((data, at) => ({
    name: `release${at + 1}`,
    cosign: { key: { data }, ctlog: { insecureIgnoreTlog: true, insecureIgnoreSCT: true } },
  }))
  const list = `[${attestors.map((attestor) => `attestors.${attestor.name}`).join(', ')}]`
  const all = '(images.containers + images.initContainers + images.ephemeralContainers)'
  return repositories.map((repository, at) => {
    const decided = [
      `p.predicate.verificationResult == 'PASSED'`,
      `p.predicate.verifier.id == ${toCel(verifierId)}`,
      `p.predicate.resourceUri == ${toCel(decisionResource(repository))}`,
      `p.predicate.verifiedLevels.exists(l, l == ${toCel(decisionLevel(tier))})`,
    ]
    return {
      apiVersion: 'policies.kyverno.io/v1',
      kind: 'ImageValidatingPolicy',
      metadata: { name: repositories.length === 1 ? name : `${name}-${at + 1}` },
      spec: {
        failurePolicy: 'Fail',
        validationActions: [mode === 'enforce' ? 'Deny' : 'Audit'],
        webhookConfiguration: { timeoutSeconds: 30 },
        matchConstraints: {
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['pods'] },
          ],
        },
        matchImageReferences: [{ glob: `${repository}:*` }, { glob: `${repository}@*` }],
        validationConfigurations: { mutateDigest: true, required: true, verifyDigest: true },
        attestors,
        attestations: [{ name: 'decision', intoto: { type: predicateTypes.vsa } }],
        validations: [
          {
            message: 'The image has no release signature.',
            expression: `${all}.map(i, verifyImageSignatures(i, ${list})).all(n, n > 0)`,
          },
          {
            message: 'The image has no decision of the gate.',
            expression: `${all}.map(i, verifyAttestationSignatures(i, attestations.decision, ${list})).all(n, n > 0)`,
          },
          {
            message: 'The decision of the gate is not for this repository and tier, or says no.',
            expression: `${all}.map(i, extractPayload(i, attestations.decision)).all(p, ${decided.join(' && ')})`,
          },
        ],
      },
    }
  })
}

/** A string literal of CEL. */
function toCel(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
