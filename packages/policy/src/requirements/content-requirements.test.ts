import { describe, expect, it } from 'vitest'
import { aContext, aPackage, facts, subject } from '../rules/rule-context.fixture.ts'
import { baseKind } from './base.ts'
import { distroKind } from './distro.ts'
import { judge } from './judge-requirement.fixture.ts'
import { licensesKind } from './licenses.ts'
import { packagesKind } from './packages.ts'
import { scannersKind } from './scanners.ts'

const holding = (...packages: ReturnType<typeof aPackage>[]) =>
  aContext({ inventory: { ...facts.inventory, packages } })

describe('packagesKind', () => {
  it.each([
    ['enough', { min: 2 }, 'holds'],
    ['too few', { min: 3 }, 'broken'],
    ['forbidden in any version', { forbidden: ['pkg:npm/left-pad'] }, 'broken'],
    ['forbidden in this version', { forbidden: ['pkg:npm/left-pad@1.3.0'] }, 'broken'],
    ['forbidden in another version', { forbidden: ['pkg:npm/left-pad@1.2.0'] }, 'holds'],
    ['forbidden by the start of its name', { forbidden: ['pkg:npm/left-*'] }, 'broken'],
    ['forbidden of another type', { forbidden: ['pkg:pypi/left-pad'] }, 'holds'],
    ['forbidden of another distribution', { forbidden: ['pkg:deb/ubuntu/zlib1g'] }, 'holds'],
    ['forbidden of this architecture', { forbidden: ['pkg:deb/debian/zlib1g?arch=amd64'] }, 'broken'],
    ['forbidden of another architecture', { forbidden: ['pkg:deb/debian/zlib1g?arch=arm64'] }, 'holds'],
    ['required and there', { required: ['pkg:deb/debian/zlib1g'] }, 'holds'],
    ['required and missing', { required: ['pkg:deb/debian/tzdata'] }, 'broken'],
  ])('%s', (_, rule, outcome) => {
    expect(judge(packagesKind, rule, aContext())).toMatchObject({ outcome })
  })

  it('pitfall 6: no packages are too few', () => {
    expect(judge(packagesKind, { min: 1 }, holding())).toMatchObject({
      outcome: 'broken',
      code: 'packages-too-few',
      limit: 1,
      actual: 0,
    })
  })

  it.each([
    ['pkg:npm/%6Ceft-pad@1', 'broken'],
    ['pkg:npm/%40acme/left-pad@1', 'holds'],
    ['pkg:npm/', 'error'],
    ['pkg:npm/%zz@1', 'error'],
    ['left-pad', 'error'],
    ['PKG:NPM/left-pad', 'error'],
  ])('hostile purl %s: %s', (purl, outcome) => {
    const pkg = { ...aPackage('pkg:npm/x@1'), purl }
    expect(judge(packagesKind, { forbidden: ['pkg:npm/left-pad'] }, holding(pkg))).toMatchObject({ outcome })
  })

  it.each([{}, { min: 0 }, { forbidden: [] }, { forbidden: ['left-pad'] }, { forbid: ['pkg:npm/a'] }])(
    'refuses %j',
    (form) => {
      expect(packagesKind.schema.safeParse(form).success).toBe(false)
    },
  )
})

describe('licensesKind', () => {
  const allow = { allow: ['MIT', 'Apache-2.0', 'BSD-*', 'GPL-2.0-only WITH Classpath-exception-2.0'] }
  const deny = { deny: ['GPL-*', 'AGPL-*'] }

  it.each([
    ['MIT', allow, 'holds'],
    ['MIT OR GPL-3.0-only', allow, 'holds'],
    ['MIT AND GPL-3.0-only', allow, 'broken'],
    ['(MIT OR GPL-3.0-only) AND ISC', allow, 'broken'],
    ['MIT AND (Apache-2.0 OR GPL-3.0-only)', allow, 'holds'],
    ['BSD-3-Clause', allow, 'holds'],
    ['Apache-2.0+', allow, 'holds'],
    ['Apache-2.0 WITH LLVM-exception', allow, 'holds'],
    ['GPL-2.0-only', allow, 'broken'],
    ['GPL-2.0-only WITH Classpath-exception-2.0', allow, 'holds'],
    ['GPL-2.0-with-classpath-exception', allow, 'broken'],
    ['LicenseRef-Ours', allow, 'broken'],
    ['LicenseRef-Ours', { allow: ['LicenseRef-Ours'] }, 'holds'],
    ['LicenseRef-Ours', { ...allow, unknown: 'allow' }, 'holds'],
    ['GPL-3.0-only', { ...allow, unknown: 'allow' }, 'broken'],
    ['MIT', deny, 'holds'],
    ['GPL-3.0-only', deny, 'broken'],
    ['GPL-3.0', { deny: ['GPL-3.0-only'] }, 'broken'],
    ['GPL-3.0+', { deny: ['GPL-3.0-or-later'] }, 'broken'],
    ['GPL-2.0-with-classpath-exception', { deny: ['GPL-2.0-only'] }, 'broken'],
    ['GPL-2.0-only WITH Classpath-exception-2.0', deny, 'broken'],
    ['GPL-2.0-only WITH Classpath-exception-2.0', { ...deny, ...allow }, 'holds'],
    ['GPL-3.0-only OR MIT', deny, 'holds'],
    ['LicenseRef-Ours', deny, 'broken'],
    ['LicenseRef-Ours', { ...deny, unknown: 'allow' }, 'holds'],
    ['LicenseRef-Ours', { deny: ['LicenseRef-*'], unknown: 'allow' }, 'broken'],
    [undefined, deny, 'broken'],
    ['', deny, 'broken'],
    ['NOASSERTION', deny, 'broken'],
    ['NONE', deny, 'broken'],
    ['NOASSERTION', { ...deny, unknown: 'allow' }, 'holds'],
    ['see COPYING', deny, 'broken'],
    ['see COPYING', { ...deny, unknown: 'allow' }, 'holds'],
    ['GPL-3.0-only, or ask us', { ...deny, unknown: 'allow' }, 'broken'],
    ['gpl-3.0-or-later', { ...deny, unknown: 'allow' }, 'broken'],
    ['mit', allow, 'broken'],
    ['MIT OR', allow, 'broken'],
    ['('.repeat(1_000), { ...deny, unknown: 'allow' }, 'holds'],
    [`MIT${' OR MIT'.repeat(1_000)}`, { ...deny, unknown: 'allow' }, 'broken'],
    ['DocumentRef-', { ...allow, unknown: 'deny' }, 'broken'],
  ])('pitfall 7: %s under %j: %s', (license, rule, outcome) => {
    const context = holding(aPackage('pkg:npm/a@1', { license }))
    expect(judge(licensesKind, rule, context)).toMatchObject({ outcome })
  })

  it('an exception takes a package out, and only that', () => {
    const rule = { ...deny, exceptions: [{ package: 'pkg:npm/a', reason: 'bought' }] }
    const gpl = { license: 'GPL-3.0-only' }
    expect(judge(licensesKind, rule, holding(aPackage('pkg:npm/a@1', gpl)))).toMatchObject({
      outcome: 'holds',
    })
    expect(judge(licensesKind, rule, holding(aPackage('pkg:npm/b@1', gpl)))).toMatchObject({
      outcome: 'broken',
      limit: 0,
      actual: 1,
      offenders: ['pkg:npm/b@1: GPL-3.0-only'],
    })
  })

  it.each([
    {},
    { allow: [] },
    { allow: ['MIT OR ISC'] },
    { deny: ['GPL'], exceptions: [{ package: 'pkg:npm/a' }] },
  ])('refuses %j', (form) => {
    expect(licensesKind.schema.safeParse(form).success).toBe(false)
  })
})

describe('distroKind', () => {
  const of = (distro: { id: string; versionId?: string } | undefined, gap = false) =>
    aContext({
      inventory: {
        ...facts.inventory,
        distro: distro && { ...distro, idLike: [] },
        gaps: gap ? [{ code: 'DISTRO_UNKNOWN', message: 'x' }] : [],
      },
    })
  const debian12 = { id: 'debian', versionId: '12' }

  it.each([
    ['allowed', { allow: ['debian'] }, of(debian12), 'holds'],
    ['allowed in its version', { allow: ['debian:12'] }, of(debian12), 'holds'],
    ['allowed in another version', { allow: ['debian:11'] }, of(debian12), 'broken'],
    ['a version that starts alike', { allow: ['debian:1'] }, of(debian12), 'broken'],
    ['a point release', { allow: ['alpine:3.20'] }, of({ id: 'alpine', versionId: '3.20.3' }), 'holds'],
    [
      'not another point release',
      { allow: ['alpine:3.2'] },
      of({ id: 'alpine', versionId: '3.20.3' }),
      'broken',
    ],
    ['denied', { deny: ['debian'] }, of(debian12), 'broken'],
    ['denied in another version', { deny: ['debian:11'] }, of(debian12), 'holds'],
    ['denied in a version, and it names none', { deny: ['debian:11'] }, of({ id: 'debian' }), 'broken'],
    ['allowed in a version, and it names none', { allow: ['debian:11'] }, of({ id: 'debian' }), 'broken'],
    ['deny outranks allow', { allow: ['debian'], deny: ['debian:12'] }, of(debian12), 'broken'],
    ['none', { allow: ['debian'] }, of(undefined), 'broken'],
    ['none, allowed', { allow: ['none'] }, of(undefined), 'holds'],
    ['none, under a denial', { deny: ['debian'] }, of(undefined), 'holds'],
    ['pitfall 5: unknown', { allow: ['none'] }, of(undefined, true), 'error'],
    ['pitfall 5: unknown, under a denial', { deny: ['debian'] }, of(undefined, true), 'error'],
  ] as const)('%s', (_, rule, context, outcome) => {
    expect(judge(distroKind, rule, context)).toMatchObject({ outcome })
  })
})

describe('baseKind', () => {
  const base = facts.base!

  it.each([
    ['any', {}, base, 'holds'],
    ['allowed', { allow: ['mirror.example/*'] }, base, 'holds'],
    ['of another name', { allow: ['mirror.example/ubuntu:*'] }, base, 'broken'],
    ['allowed by digest', { allow: [subject] }, { ...base, digest: subject }, 'holds'],
    ['without a name', { allow: ['*'] }, { knownBy: 'layers' }, 'broken'],
    ['young', { maxAge: '30d' }, base, 'holds'],
    ['too old', { maxAge: '20d' }, base, 'broken'],
    ['undated', { maxAge: '30d' }, { ...base, created: undefined }, 'broken'],
    ['of the future', { maxAge: '30d' }, { ...base, created: '2030-01-01T00:00:00Z' }, 'broken'],
    ['proven', { knownBy: ['layers', 'provenance'] }, base, 'holds'],
    ['claimed by a label', { knownBy: ['layers'] }, { ...base, knownBy: 'label' }, 'broken'],
  ] as const)('%s', (_, rule, given, outcome) => {
    for (const presence of ['required', 'ifPresent'])
      expect(judge(baseKind, { presence, ...rule }, aContext({ base: given }))).toMatchObject({ outcome })
  })

  it.each([
    ['required', 'broken'],
    ['ifPresent', 'holds'],
  ])('pitfall 18: unknown, %s: %s', (presence, outcome) => {
    expect(judge(baseKind, { presence }, aContext({ base: undefined }))).toMatchObject({ outcome })
  })

  it('says how it is known', () => {
    expect(judge(baseKind, { presence: 'required' }, aContext()).message).toContain('known by layers')
  })
})

describe('scannersKind', () => {
  const [report] = facts.scan.reports
  const answers = (...changes: object[]) =>
    aContext({ scan: { ...facts.scan, reports: changes.map((change) => ({ ...report!, ...change })) } })
  const version = (text: string) => answers({ scanner: { name: 'trivy', version: text } })
  const trivy = { required: [{ name: 'trivy', minVersion: '0.60' }] }

  it.each([
    ['complete', trivy, answers({}), 'holds'],
    ['pitfall 4: missing', { required: [{ name: 'grype' }] }, answers({}), 'broken'],
    ['pitfall 4: failed', trivy, answers({ status: 'failed' }), 'broken'],
    ['partial', trivy, answers({ status: 'partial' }), 'broken'],
    ['pitfall 5: unsupported', trivy, answers({ status: 'unsupported' }), 'broken'],
    ['failed once, complete once', trivy, answers({ status: 'failed' }, {}), 'holds'],
    ['about another image', trivy, answers({ subject: `sha256:${'9'.repeat(64)}` }), 'broken'],
    ['of the lowest version', trivy, version('v0.60.0'), 'holds'],
    ['of a version by number, not by text', trivy, version('0.100.0'), 'holds'],
    ['too old', trivy, version('0.59.9'), 'broken'],
    ['a preview of the lowest version', trivy, version('0.60.0-rc1'), 'broken'],
    ['of no version', trivy, version('unknown'), 'broken'],
    ['no answers', trivy, answers(), 'broken'],
  ] as const)('%s', (_, rule, context, outcome) => {
    expect(judge(scannersKind, rule, context)).toMatchObject({ outcome })
  })
})
