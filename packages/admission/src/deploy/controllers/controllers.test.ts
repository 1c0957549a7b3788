// oxlint-disable typescript/no-explicit-any -- it looks into objects of many kinds
import { generateKeyPairSync } from 'node:crypto'
import { ClusterPolicy } from '@kubernetes-models/kyverno/kyverno.io/v1'
import { ImageValidatingPolicy } from '@kubernetes-models/kyverno/policies.kyverno.io/v1'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { clusterImagePolicies, decisionInCue } from './cluster-image-policies.ts'
import type { GateCheckOptions } from './gate-checks.ts'
import { kyvernoClusterPolicy } from './kyverno-cluster-policy.ts'
import { kyvernoImageValidatingPolicies } from './kyverno-image-validating-policy.ts'

const newKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString()
const [key, other] = [newKey(), newKey()]
const options: GateCheckOptions = {
  name: 'promoted',
  repositories: ['prod.example:5000/team/app', 'prod.example/team/other'],
  tier: 'prod',
  verifierId: 'https://gate.example/prod',
  releaseKeys: [key, other],
}
const resource = 'pkg:oci/app?repository_url=prod.example%3A5000%2Fteam%2Fapp'

/** The parts of the published definition of ClusterImagePolicy (policy-controller, v1beta1) that a policy of ours uses; what it has not is refused. */
const clusterImagePolicy = z.strictObject({
  apiVersion: z.literal('policy.sigstore.dev/v1beta1'),
  kind: z.literal('ClusterImagePolicy'),
  metadata: z.strictObject({ name: z.string().regex(/^[a-z0-9][-a-z0-9.]*$/) }),
  spec: z.strictObject({
    mode: z.enum(['enforce', 'warn']),
    // Patterns are made regular expressions, from these characters alone.
    images: z.array(z.strictObject({ glob: z.string().regex(/^[a-zA-Z0-9-_:/*.]+$/) })).min(1),
    authorities: z
      .array(
        z.strictObject({
          name: z.string(),
          key: z.strictObject({
            data: z.string().startsWith('-----BEGIN PUBLIC KEY-----\n'),
            hashAlgorithm: z.enum(['sha256', 'sha384', 'sha512']),
          }),
          attestations: z.array(
            z.strictObject({
              name: z.string(),
              predicateType: z.string(),
              policy: z.strictObject({ type: z.enum(['cue', 'rego']), data: z.string().min(1) }),
            }),
          ),
        }),
      )
      .min(1),
  }),
})

describe('kyvernoClusterPolicy', () => {
  it.each(['SigstoreBundle', 'Cosign'] as const)(
    'is what the definition of Kyverno allows, of type %s',
    (format) => {
      const policy = kyvernoClusterPolicy({ ...options, format, maxAgeHours: 168 })
      new ClusterPolicy(policy as never).validate()
      const [rule] = (policy['spec'] as any).rules
      const [check] = rule.verifyImages
      expect(check).toMatchObject({
        type: format,
        failureAction: 'Enforce',
        required: true,
        imageReferences: ['prod.example:5000/team/app:*', 'prod.example:5000/team/app@*'],
      })
      expect(check.attestations[0].conditions[0].all).toEqual([
        { key: '{{ verificationResult }}', operator: 'Equals', value: 'PASSED' },
        { key: '{{ verifier.id }}', operator: 'Equals', value: 'https://gate.example/prod' },
        { key: '{{ resourceUri }}', operator: 'Equals', value: resource },
        { key: 'SALLYPORT_GATE_PROD', operator: 'AnyIn', value: '{{ verifiedLevels }}' },
        {
          key: "{{ time_since('', '{{ timeVerified }}', '') }}",
          operator: 'LessThanOrEquals',
          value: '168h',
        },
      ])
      expect(check.attestors[0]).toMatchObject({
        count: 1,
        entries: [{ keys: { publicKeys: key } }, { keys: { publicKeys: other } }],
      })
    },
  )

  it('has a check that notices what is wrong', () => {
    const policy = structuredClone(kyvernoClusterPolicy(options)) as any
    policy.spec.rules[0].verifyImages[0].type = 'Bundle'
    expect(() => new ClusterPolicy(policy).validate()).toThrow(/type/)
  })
})

describe('kyvernoImageValidatingPolicies', () => {
  it('are what the definition of Kyverno allows, one for each repository', () => {
    const policies = kyvernoImageValidatingPolicies({ ...options, mode: 'audit' })
    for (const policy of policies) new ImageValidatingPolicy(policy as never).validate()
    expect(policies.map(({ metadata }) => metadata.name)).toEqual(['promoted-1', 'promoted-2'])
    const { spec } = policies[0] as any
    expect(spec.validationActions).toEqual(['Audit'])
    expect(spec.validations[2].expression).toContain(`p.predicate.resourceUri == '${resource}'`)
    expect(spec.validations[1].expression).toContain('[attestors.release1, attestors.release2]')
  })

  it('let no text out of its literal', () => {
    const [policy] = kyvernoImageValidatingPolicies({ ...options, verifierId: `x' || true || '\\` })
    expect((policy as any).spec.validations[2].expression).toContain(`== 'x\\' || true || \\'\\\\'`)
  })

  it('have a check that notices what is wrong', () => {
    const [policy] = structuredClone(kyvernoImageValidatingPolicies(options)) as any[]
    delete policy.spec.attestors
    expect(() => new ImageValidatingPolicy(policy).validate()).toThrow(/attestors/)
  })
})

describe('clusterImagePolicies', () => {
  it('are what the definition of policy-controller allows, one for each repository', () => {
    const policies = clusterImagePolicies({ ...options, releaseKey: key })
    for (const policy of policies) clusterImagePolicy.parse(policy)
    const { spec } = policies[0] as any
    expect(spec.images).toEqual([
      { glob: 'prod.example:5000/team/app:**' },
      { glob: 'prod.example:5000/team/app*sha256:*' },
    ])
    expect(spec.authorities[0].attestations[0].policy.data).toContain(`resourceUri: "${resource}"`)
  })

  it('refuses repositories whose policies would get in the way of each other', () => {
    const repositories = ['prod.example/app', 'prod.example/app-two']
    expect(() => clusterImagePolicies({ ...options, repositories, releaseKey: key })).toThrow(/begins with/)
  })

  it('let no text out of its literal', () => {
    expect(decisionInCue({ repository: 'a.example/b', tier: 'prod', verifierId: 'x"\n\\(1)' })).toContain(
      'id: "x\\"\\n\\\\(1)"',
    )
  })
})

describe('all of them', () => {
  const makers: readonly [string, (more: Partial<GateCheckOptions>) => unknown][] = [
    ['kyvernoClusterPolicy', (more) => kyvernoClusterPolicy({ ...options, ...more })],
    ['kyvernoImageValidatingPolicies', (more) => kyvernoImageValidatingPolicies({ ...options, ...more })],
    [
      'clusterImagePolicies',
      (more) =>
        clusterImagePolicies({
          ...options,
          ...more,
          releaseKey: more.releaseKeys ? (more.releaseKeys[0] ?? '') : key,
        }),
    ],
  ]
  const wrong: readonly [string, Partial<GateCheckOptions>][] = [
    ['no repository', { repositories: [] }],
    ['a pattern', { repositories: ['prod.example/*'] }],
    ['a repository without a registry', { repositories: ['team/app'] }],
    ['a reference', { repositories: ['prod.example/app:1'] }],
    ['a registry alone', { repositories: ['prod.example'] }],
    ['no key', { releaseKeys: [] }],
    ['something else for a key', { releaseKeys: ['-----BEGIN PUBLIC KEY-----'] }],
    ['a name that is none', { name: 'Promoted!' }],
  ]
  it.each(makers.flatMap(([name, make]) => wrong.map(([what, more]) => [name, what, make, more] as const)))(
    '%s refuses %s',
    (_, __, make, more) => {
      expect(() => make(more)).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }) as Error)
    },
  )
})
