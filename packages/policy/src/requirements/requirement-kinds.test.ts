import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { aContext, aPackage, facts } from '../rules/rule-context.fixture.ts'
import { judge, loosened } from './judge-requirement.fixture.ts'
import { requirementKinds } from './requirement-kinds.ts'

type Kind = keyof typeof requirementKinds

const a = { key: 'a' }
const b = { key: 'b' }

/** Pairs of which the second is looser, and where. */
const pairs: readonly (readonly [Kind, object, object, string])[] = [
  ['platforms', { required: ['linux/amd64'], source: 'all' }, { required: ['linux/amd64'] }, 'source'],
  ['platforms', { required: ['linux/amd64'] }, { source: 'all' }, 'required'],
  ['platforms', { allow: ['linux/amd64'] }, { allow: ['linux/amd64', 'linux/arm64'] }, 'allow'],
  ['signatures', { presence: 'required', signers: [a] }, { presence: 'ifPresent', signers: [a] }, 'presence'],
  [
    'signatures',
    { presence: 'required', signers: [a] },
    { presence: 'required', signers: [a, b] },
    'signers',
  ],
  [
    'signatures',
    { presence: 'required', signers: [a, b], atLeast: 2 },
    { presence: 'required', signers: [a, b] },
    'atLeast',
  ],
  ['provenance', { presence: 'required', minLevel: 3 }, { presence: 'required', minLevel: 2 }, 'minLevel'],
  ['provenance', { presence: 'required', builders: [{ id: 'x' }] }, { presence: 'required' }, 'builders'],
  [
    'provenance',
    { presence: 'required', builders: [{ id: 'x', level: 2 }] },
    { presence: 'required', builders: [{ id: 'x', level: 3 }] },
    'builders.0.level',
  ],
  [
    'provenance',
    { presence: 'required', builders: [{ id: 'x', signers: [a] }] },
    { presence: 'required', builders: [{ id: 'x', signers: [b] }] },
    'builders.0.signers',
  ],
  ['provenance', { presence: 'required', sources: ['x'] }, { presence: 'required' }, 'sources'],
  ['sbom', { presence: 'required' }, { presence: 'ifPresent' }, 'presence'],
  ['sbom', { presence: 'required', signers: [a] }, { presence: 'required' }, 'signers'],
  [
    'evidenceAge',
    { scan: { presence: 'required', maxAge: '7d' } },
    { scan: { presence: 'required', maxAge: '8d' } },
    'scan.maxAge',
  ],
  [
    'evidenceAge',
    { scan: { presence: 'required', maxAge: '7d' } },
    { sbom: { presence: 'required', maxAge: '7d' } },
    'scan',
  ],
  ['scanners', { required: [{ name: 'x' }] }, { required: [{ name: 'y' }] }, 'required'],
  [
    'scanners',
    { required: [{ name: 'x', minVersion: '1.10' }] },
    { required: [{ name: 'x', minVersion: '1.9' }] },
    'required.0.minVersion',
  ],
  ['distro', { allow: ['debian:12'] }, { allow: ['debian'] }, 'allow'],
  ['distro', { deny: ['debian:12', 'alpine'] }, { deny: ['alpine'] }, 'deny'],
  ['base', { presence: 'required', allow: ['m/*'] }, { presence: 'required', allow: ['*'] }, 'allow'],
  ['base', { presence: 'required', maxAge: '7d' }, { presence: 'required', maxAge: '169h' }, 'maxAge'],
  ['base', { presence: 'required', knownBy: ['layers'] }, { presence: 'required' }, 'knownBy'],
  ['packages', { min: 10 }, { min: 9 }, 'min'],
  ['packages', { forbidden: ['pkg:npm/a'] }, { forbidden: ['pkg:npm/b'] }, 'forbidden'],
  ['packages', { required: ['pkg:npm/a'] }, { min: 1 }, 'required'],
  ['licenses', { allow: ['MIT'] }, { allow: ['MIT', 'ISC'] }, 'allow'],
  ['licenses', { deny: ['GPL-*'] }, { deny: ['GPL-2.0-only'] }, 'deny'],
  [
    'licenses',
    { deny: ['GPL-*'] },
    { deny: ['GPL-*'], allow: ['GPL-2.0-only WITH Classpath-exception-2.0'] },
    'allow.0',
  ],
  ['licenses', { allow: ['MIT'] }, { allow: ['MIT'], unknown: 'allow' }, 'unknown'],
  [
    'licenses',
    { allow: ['MIT'] },
    { allow: ['MIT'], exceptions: [{ package: 'pkg:npm/a', reason: 'x' }] },
    'exceptions.0',
  ],
  ['secrets', {}, { except: [{ path: '/x', reason: 'x' }] }, 'except.0'],
  [
    'secrets',
    { except: [{ path: '/x', rule: 'y', reason: 'x' }] },
    { except: [{ path: '/x', reason: 'x' }] },
    'except.0',
  ],
  ['misconfigurations', { max: { high: 1 } }, { max: { high: 2 } }, 'max.high'],
  ['misconfigurations', { max: { high: 1 } }, { max: { high: 1, unknown: 1 } }, 'max.unknown'],
  ['config', { user: 'non-root' }, { shell: 'forbid' }, 'user'],
  ['config', { user: 'numeric-non-root' }, { user: 'non-root' }, 'user'],
  ['config', { setuid: { allow: [] } }, { setuid: { allow: ['/x'] } }, 'setuid.allow'],
  ['config', { capabilities: { allow: [] } }, { capabilities: { allow: ['/x'] } }, 'capabilities.allow'],
  [
    'config',
    { environment: { forbid: ['A', 'B'] } },
    { environment: { forbid: ['A'] } },
    'environment.forbid',
  ],
  ['labels', { required: [{ key: 'x', value: 'y' }] }, { required: [{ key: 'x' }] }, 'required.0'],
]

const judgeKind = (kind: Kind, rule: object, context = aContext()) =>
  judge(requirementKinds[kind] as never, rule, context)
const loosenedKind = (kind: Kind, parent: object, child: object) =>
  loosened(requirementKinds[kind] as never, parent, child)

describe('requirementKinds', () => {
  it.each(pairs)('%s: %j is tighter than %j', (kind, parent, child, path) => {
    expect(loosenedKind(kind, parent, child)).toContain(path)
    expect(loosenedKind(kind, parent, parent)).toEqual([])
    expect(loosenedKind(kind, child, child)).toEqual([])
  })

  it.each([
    ['config', { user: 'non-root' }, { user: 'numeric-non-root', shell: 'forbid' }],
    [
      'base',
      { presence: 'ifPresent', allow: ['m/*'] },
      { presence: 'required', allow: ['m/debian:12'], maxAge: '7d' },
    ],
    ['distro', { allow: ['debian'] }, { allow: ['debian:12'], deny: ['debian:12.1'] }],
    ['licenses', { allow: ['BSD-*'], unknown: 'allow' }, { allow: ['BSD-2-Clause'] }],
    [
      'provenance',
      { presence: 'required', builders: [{ id: 'ci/*', level: 3 }] },
      { presence: 'required', builders: [{ id: 'ci/a', level: 3 }] },
    ],
    [
      'signatures',
      { presence: 'required', signers: [{ key: 'team-*' }] },
      { presence: 'required', signers: [{ key: 'team-a' }] },
    ],
  ] as const)('%s: a child may tighten', (kind, parent, child) => {
    expect(loosenedKind(kind, parent, child)).toEqual([])
  })

  it('each kind has a schema for editors and refuses unknown words', () => {
    for (const [name, kind] of Object.entries(requirementKinds)) {
      expect(z.toJSONSchema(kind.schema, { io: 'input' }), name).toHaveProperty('additionalProperties', false)
      const [, rule] = pairs.find(([of]) => of === name)!
      expect(kind.schema.safeParse({ ...rule, unknwon: 1 }).success, name).toBe(false)
    }
  })

  it('facts that nobody gathered never hold what is required', () => {
    const nothing = aContext({
      inventory: { ...facts.inventory, packages: [], distro: undefined },
      scan: { ...facts.scan, reports: [], weaknesses: undefined },
      evidence: undefined,
      configuration: undefined,
      files: undefined,
      base: undefined,
      platforms: undefined,
    })
    const rules: Record<Exclude<Kind, 'licenses'>, object> = {
      platforms: { source: 'all' },
      signatures: { presence: 'required', signers: [a] },
      provenance: { presence: 'required' },
      sbom: { presence: 'required' },
      evidenceAge: { scan: { presence: 'required', maxAge: '7d' } },
      scanners: { required: [{ name: 'trivy' }] },
      distro: { allow: ['debian'] },
      base: { presence: 'required' },
      packages: { min: 1 },
      secrets: {},
      misconfigurations: { max: { high: 1_000 } },
      config: { user: 'non-root' },
      labels: { required: [{ key: 'x' }] },
    }
    for (const [kind, rule] of Object.entries(rules))
      expect(judgeKind(kind as Kind, rule, nothing).outcome, kind).not.toBe('holds')
  })

  const packages = fc.array(
    fc.record({
      name: fc.constantFrom('a', 'b', 'bad', 'worse'),
      license: fc.constantFrom('MIT', 'GPL-3.0-only', 'MIT OR GPL-3.0-only', 'NOASSERTION', undefined),
    }),
    { maxLength: 8 },
  )
  const contextOf = (entries: readonly { readonly name: string; readonly license: string | undefined }[]) =>
    aContext({
      inventory: {
        ...facts.inventory,
        packages: entries.map(({ name, license }, at) => aPackage(`pkg:npm/${name}@${at}`, { license })),
      },
    })

  it.each([
    ['packages', { forbidden: ['pkg:npm/bad', 'pkg:npm/w*'] }, { name: 'bad', license: 'MIT' }],
    ['licenses', { deny: ['GPL-*'] }, { name: 'a', license: 'GPL-3.0-only' }],
    ['licenses', { allow: ['MIT'] }, { name: 'a', license: undefined }],
  ] as const)(
    '%s: another package never turns broken into holds, and one that violates breaks',
    (kind, rule, bad) => {
      fc.assert(
        fc.property(packages, packages, (before, more) => {
          const first = judgeKind(kind, rule, contextOf(before)).outcome
          if (first === 'broken')
            expect(judgeKind(kind, rule, contextOf([...before, ...more])).outcome).toBe('broken')
          expect(judgeKind(kind, rule, contextOf([...before, bad, ...more])).outcome).toBe('broken')
          expect(judgeKind(kind, rule, contextOf(before.toReversed())).outcome).toBe(first)
        }),
      )
    },
  )

  it('texts of an image are never more than texts', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('__proto__', 'constructor', '*', '0'),
    )
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        const context = aContext({
          artifactType: one,
          configuration: {
            ...facts.configuration!,
            user: one,
            exposedPorts: [one],
            environment: [other],
            labels: Object.fromEntries([[one, other]]),
          },
          base: { name: one, created: other, knownBy: 'label' },
          platforms: { present: [one], judged: [other] },
          inventory: {
            ...facts.inventory,
            packages: [aPackage('pkg:npm/a@1', { license: one, purl: other })],
          },
        })
        for (const [kind, rule] of pairs) expect(judgeKind(kind, rule, context)).toHaveProperty('message')
      }),
      { numRuns: 25 },
    )
  })
})
