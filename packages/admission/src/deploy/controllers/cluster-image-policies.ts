import { decisionLevel, decisionResource, predicateTypes } from '@sallyport/attest'
import type { KubernetesObject } from '../kubernetes-object.ts'
import { checkGateOptions, type GateCheckOptions, invalid } from './gate-checks.ts'

/** Options of {@link clusterImagePolicies}. */
export interface ClusterImagePolicyOptions extends Omit<GateCheckOptions, 'releaseKeys'> {
  /** Public half of the release key in PEM; one, because each authority with attestations has to be satisfied by itself. */
  readonly releaseKey: string
}

/**
 * Makes a ClusterImagePolicy of Sigstore's policy-controller (`policy.sigstore.dev/v1beta1`) for each repository: the
 * image carries a decision of the gate, signed by the release key, for this very repository and tier that passed.
 *
 * With keys policy-controller reads the older tags only: the gate has to write with storage `legacy` or `both`. Its
 * patterns can't end at a digest, so that a repository whose name begins with another's falls under both policies, and
 * is refused by the other's.
 *
 * @throws {AdmissionError} `OPTIONS_INVALID`; also when one repository's name begins with another's.
 */
export function clusterImagePolicies(options: ClusterImagePolicyOptions): readonly KubernetesObject[] {
  const { name, repositories, tier, verifierId, mode = 'enforce', releaseKey } = options
  const [data] = checkGateOptions({ ...options, releaseKeys: [releaseKey] })
  for (const one of repositories)
    for (const other of repositories)
      if (one !== other && one.startsWith(other))
        throw invalid(`${one} begins with ${other}: the policy of the latter would refuse the former`)
  return repositories.map((repository, at) => ({
    apiVersion: 'policy.sigstore.dev/v1beta1',
    kind: 'ClusterImagePolicy',
    metadata: { name: repositories.length === 1 ? name : `${name}-${at + 1}` },
    spec: {
      mode: mode === 'enforce' ? 'enforce' : 'warn',
      images: [{ glob: `${repository}:**` }, { glob: `${repository}*sha256:*` }],
      authorities: [
        {
          name: 'release',
          key: { data, hashAlgorithm: 'sha256' },
          attestations: [
            {
              name: 'decision',
              predicateType: predicateTypes.vsa,
              policy: { type: 'cue', data: decisionInCue({ repository, tier, verifierId }) },
            },
          ],
        },
      ],
    },
  }))
}

/** What a decision has to be, in CUE; `cosign verify-attestation --policy` reads the same. */
export function decisionInCue({
  repository,
  tier,
  verifierId,
}: {
  readonly repository: string
  readonly tier: string
  readonly verifierId: string
}): string {
  return [
    `predicateType: ${JSON.stringify(predicateTypes.vsa)}`,
    'predicate: {',
    '\tverificationResult: "PASSED"',
    `\tverifier: id: ${JSON.stringify(verifierId)}`,
    `\tresourceUri: ${JSON.stringify(decisionResource(repository))}`,
    `\tverifiedLevels: ${levelSomewhere(decisionLevel(tier))}`,
    '}',
    '',
  ].join('\n')
}

/** Most levels of a decision: the gate writes one for the tier, and one for each track of SLSA. */
const mostLevels = 8

/**
 * A list that holds the level. By its places, since `list.Contains` is evaluated before there is any list, and would
 * refuse all.
 */
function levelSomewhere(level: string): string {
  const places = Array.from({ length: mostLevels }, (_, before) =>
    [...Array<string>(before).fill('string'), JSON.stringify(level), '...string'].join(', '),
  )
  return places.map((place) => `[${place}]`).join(' | ')
}
