import { describe, expect, it } from 'vitest'
import { predicateTypes } from '../statement/statement.ts'
import { createTestSigner } from '../testing/gate-signers.ts'
import { createImageVerifier } from './create-image-verifier.ts'
import type { Requirement } from './requirement.ts'

const { publicKey } = createTestSigner()
const by = { keys: [publicKey] }
const signature: Requirement = { kind: 'signature', by }
const attestation = { kind: 'attestation', predicateType: predicateTypes.vulns, by } as const
const vsa = { kind: 'vsa', verifiers: [{ id: 'gate', by }], resourceUri: 'pkg:oci/app' } as const
const nest = (depth: number): Requirement =>
  depth === 0 ? signature : { kind: 'allOf', requirements: [nest(depth - 1)] }

describe('createImageVerifier', () => {
  it.each<[string, unknown[]]>([
    ['nothing at all', []],
    ['an unknown kind', [{ kind: 'trustMe' }]],
    ['all of nothing', [{ kind: 'allOf', requirements: [] }]],
    ['any of nothing', [{ kind: 'anyOf', requirements: [] }]],
    ['none of some', [{ kind: 'atLeast', count: 0, requirements: [signature] }]],
    ['more than there are', [{ kind: 'atLeast', count: 2, requirements: [signature] }]],
    ['too deep a nesting', [nest(10)]],
    ['a signature by nobody', [{ kind: 'signature', by: {} }]],
    ['more signers than are listed', [{ ...signature, threshold: 2 }]],
    ['a threshold of zero', [{ ...signature, threshold: 0 }]],
    ['a threshold that is no number', [{ ...signature, threshold: Number.NaN }]],
    ['one key listed twice', [{ kind: 'signature', by: { keys: [publicKey, publicKey] }, threshold: 2 }]],
    ['an age that is no number', [{ ...signature, maxAgeMs: Number.NaN }]],
    ['a signature by way of an attestation', [{ ...attestation, predicateType: predicateTypes.cosignSign }]],
    ['a summary by way of an attestation', [{ ...attestation, predicateType: predicateTypes.vsa }]],
    ['a summary by nobody', [{ ...vsa, verifiers: [] }]],
    ['a summary about nothing', [{ ...vsa, resourceUri: '' }]],
    ['one verifier listed twice', [{ ...vsa, verifiers: [...vsa.verifiers, ...vsa.verifiers] }]],
    [
      'a level that no builder has',
      [{ kind: 'provenance', minimumLevel: 3, builders: [{ id: 'b', by, level: 2 }] }],
    ],
    ['an SBOM of no format', [{ kind: 'sbom', by, formats: [] }]],
    ['a path that is no pointer', [{ ...attestation, conditions: [{ path: 'scanner', exists: true }] }]],
    ['a condition that asks nothing', [{ ...attestation, conditions: [{ path: '/scanner' }] }]],
    [
      'a condition that asks two things',
      [{ ...attestation, conditions: [{ path: '/a', equals: 1, exists: true }] }],
    ],
    ['no reference at all', [{ ...signature, expectReference: '' }]],
    ['a field that nobody knows', [{ ...signature, treshold: 2 }]],
    ['a field of another kind', [{ ...signature, conditions: [] }]],
    ['a field of a signer that nobody knows', [{ kind: 'signature', by: { ...by, certificates: [] } }]],
    [
      'a field of a key that nobody knows',
      [{ kind: 'signature', by: { keys: [{ pem: publicKey, validUntil: new Date(0) }] } }],
    ],
    [
      'a validity of a key that is no time',
      [{ kind: 'signature', by: { keys: [{ pem: publicKey, validFor: { end: '2026-01-01' } }] } }],
    ],
    [
      'a field of an identity that nobody knows',
      [{ kind: 'signature', by: { identities: [{ issuer: 'i', subject: 's', claim: { a: 'b' } }] } }],
    ],
    ['an identity without a subject', [{ kind: 'signature', by: { identities: [{ issuer: 'i' }] } }]],
    ['a field of a condition that nobody knows', [{ ...attestation, conditions: [{ path: '', is: 1 }] }]],
    ['a field of a policy that nobody knows', [{ ...vsa, policy: { url: 'x' } }]],
    ['levels that are no list', [{ ...vsa, minimumLevels: 'SLSA_BUILD_LEVEL_3' }]],
    ['a field inside of a group', [{ kind: 'anyOf', requirements: [{ ...signature, maxAge: 1 }] }]],
    ...[Number.NaN, '3', null, 4, -1, 1.5].map((minimumLevel): [string, unknown[]] => [
      `the level ${minimumLevel}`,
      [{ kind: 'provenance', minimumLevel, builders: [{ id: 'b', by, level: 2 }] }],
    ]),
    [
      'a builder of a level that is none',
      [{ kind: 'provenance', builders: [{ id: 'b', by, level: Number.POSITIVE_INFINITY }] }],
    ],
    [
      'a field of a source that nobody knows',
      [{ kind: 'provenance', source: { uri: 'x', ref: 'y' }, builders: [{ id: 'b', by }] }],
    ],
    [
      'an identity without a root',
      [{ kind: 'signature', by: { identities: [{ issuer: 'i', subject: 's' }] } }],
    ],
    [
      'one key with two algorithms',
      [
        signature,
        { kind: 'signature', by: { keys: [{ pem: publicKey, algorithm: 'ecdsa-sha2-256-nistp256' }] } },
      ],
    ],
  ])('refuses %s', (_, requirements) => {
    expect(() => createImageVerifier({ requirements: requirements as Requirement[] })).toThrow(
      expect.objectContaining({ code: 'REQUIREMENT_INVALID' }),
    )
  })

  it.each([[[signature]], [[nest(8)]], [[{ ...vsa, minimumLevels: ['SLSA_BUILD_LEVEL_3'] }]]])(
    'takes what can be satisfied',
    (requirements) => {
      expect(createImageVerifier({ requirements })).toBeDefined()
    },
  )
})
