import { describe, expect, it } from 'vitest'
import { formatWaivers } from '../format-waivers.ts'
import { parseWaivers } from '../parse-waivers.ts'
import { importGrypeIgnore, type ImportGrypeIgnoreOptions } from './import-grype-ignore.ts'
import { importHarborAllowlist } from './import-harbor-allowlist.ts'
import { importTrivyIgnore } from './import-trivy-ignore.ts'

const options: ImportGrypeIgnoreOptions = {
  source: 'ignore',
  owner: 'platform',
  scopes: [{ repository: 'prod.example/app' }],
  expires: '2027-03-31',
  reason: 'moved from the scanner',
}
const bare = { source: 'ignore', owner: 'platform' }

describe('importTrivyIgnore', () => {
  it('makes a waiver of each line, for the images that the caller names', () => {
    const file = importTrivyIgnore('# why\nCVE-2024-1\nCVE-2024-2 exp:2027-01-01\n', {
      ...options,
      scopes: [{ repository: 'prod.example/app' }, { repository: 'prod.example/web' }],
    })
    expect(file.waivers.map(({ id, scope, expires }) => [id, scope.repository, expires])).toEqual([
      ['ignore: CVE-2024-1', 'prod.example/app', '2027-04-01T00:00:00.000Z'],
      ['ignore: CVE-2024-1 (2)', 'prod.example/web', '2027-04-01T00:00:00.000Z'],
      ['ignore: CVE-2024-2', 'prod.example/app', '2027-01-01T00:00:00.000Z'],
      ['ignore: CVE-2024-2 (2)', 'prod.example/web', '2027-01-01T00:00:00.000Z'],
    ])
    expect(file.warnings).toEqual([])
    const { warnings: _, ...rest } = file
    expect(parseWaivers(formatWaivers(file), { source: 'ignore' })).toEqual(rest)
  })

  it.each<[string, string, Partial<ImportGrypeIgnoreOptions>, RegExp]>([
    [
      'a line without image',
      'CVE-2024-1',
      { scopes: undefined },
      /CVE-2024-1 is left out: it names no package/,
    ],
    ['a line without images', 'CVE-2024-1', { scopes: [] }, /CVE-2024-1 is left out: it names no package/],
    ['pitfall 3: a line without end', 'CVE-2024-1', { expires: undefined }, /left out: it never ends/],
    [
      'pitfall 3: another word for the end',
      'CVE-2024-1 expires:2027-01-01',
      { expires: undefined },
      /left out: it never ends/,
    ],
    ['a line without reason', 'CVE-2024-1', { reason: undefined }, /left out: it gives no reason/],
    ['a date that is none', 'CVE-2024-1 exp:2027-02-30', {}, /not ignored, its date is none/],
    ['what can be no id', 'CVE-*', {}, /left out: vulnerability: expected an id/],
    ['a bad end of the caller', 'CVE-2024-1', { expires: '2027-02-30' }, /left out: expires: /],
    [
      'a bad image of the caller',
      'CVE-2024-1',
      { scopes: [{ repository: 'app' }] },
      /left out: scope.repository: /,
    ],
  ])('leaves %s out and says so', (_, text, change, warning) => {
    const file = importTrivyIgnore(text, { ...options, ...change })
    expect(file.waivers).toEqual([])
    expect(file.warnings?.join('\n')).toMatch(warning)
  })

  it('tells what may be the id of something else', () => {
    expect(importTrivyIgnore('AVD-DS-0002', options).warnings).toEqual([
      expect.stringMatching(/line 1: AVD-DS-0002: as the id of a misconfiguration/),
    ])
  })

  it('makes a waiver of each purl of an entry in YAML', () => {
    const text = `vulnerabilities:
  - id: CVE-2024-1
    purls: ["pkg:npm/lodash@4.17.4", "pkg:deb/debian/openssl"]
    expired_at: 2027-01-01
    statement: not reachable
`
    const { waivers, warnings } = importTrivyIgnore(text, bare)
    expect(waivers).toMatchObject([
      {
        scope: { package: 'pkg:npm/lodash@4.17.4' },
        reason: 'not reachable',
        expires: '2027-01-01T00:00:00.000Z',
      },
      { scope: { package: 'pkg:deb/debian/openssl' } },
    ])
    expect(waivers[1]?.scope.sourcePackage).toBeUndefined()
    expect(warnings).toEqual([])
  })

  it.each([
    [
      'paths',
      'vulnerabilities:\n  - { id: CVE-2024-1, paths: [app/**] }',
      /left out: it is for certain paths/,
    ],
    ['another kind', 'secrets:\n  - id: aws-key', /left out: it is about a secret/],
    [
      'an unknown field',
      'vulnerabilities:\n  - { id: CVE-2024-1, expires: 2020-01-01 }',
      /"expires" means nothing/,
    ],
  ])('leaves out or warns of %s', (_, text, warning) => {
    expect(importTrivyIgnore(text, { ...options, expires: undefined }).warnings?.join('\n')).toMatch(warning)
    expect(importTrivyIgnore(text, { ...options, expires: undefined }).waivers).toEqual([])
  })

  it('pitfall 13: tells the two forms apart by what they hold', () => {
    const yaml = 'vulnerabilities:\n  - id: CVE-2024-1\n    purls: ["pkg:npm/lodash"]\n'
    for (const text of [
      yaml,
      `# moved\n${yaml}`,
      '{"vulnerabilities": [{"id": "CVE-2024-1", "purls": ["pkg:npm/lodash"]}]}',
    ]) {
      expect(importTrivyIgnore(text, options).waivers).toMatchObject([
        { scope: { package: 'pkg:npm/lodash' } },
      ])
    }
    expect(importTrivyIgnore('CVE-2024-1 # secrets: none', options).waivers).toHaveLength(1)
  })

  it('refuses what Trivy refuses', () => {
    expect(() => importTrivyIgnore('vulnerabilities: [', options)).toThrow(
      expect.objectContaining({ code: 'IGNORE_FILE_INVALID' }),
    )
  })
})

describe('importGrypeIgnore', () => {
  const rule = (text: string) => `ignore:\n  - ${text}\n`
  const pkg = (text: string) => rule(`{ vulnerability: CVE-2024-1, package: { ${text} } }`)

  it.each<[string, string, object]>([
    [
      'an id',
      rule('{ vulnerability: CVE-2024-1, reason: r }'),
      { reason: 'r', scope: { repository: 'prod.example/app' } },
    ],
    [
      'a package of npm',
      pkg("name: '@a/b', type: npm, version: 1.0.0"),
      { scope: { package: 'pkg:npm/%40a/b@1.0.0' } },
    ],
    ['a language', pkg('name: requests, language: python'), { scope: { package: 'pkg:pypi/requests' } }],
    [
      'a module',
      pkg('name: github.com/a/b, type: go-module'),
      { scope: { package: 'pkg:golang/github.com/a/b' } },
    ],
    [
      'a package of a distribution',
      pkg('name: libssl3, type: deb'),
      { scope: { package: 'pkg:deb/debian/libssl3' } },
    ],
    [
      'its source package',
      pkg('upstream-name: openssl, type: deb'),
      { scope: { package: 'pkg:deb/debian/openssl', sourcePackage: true } },
    ],
    ['not fixed', rule('{ vulnerability: CVE-2024-1, fix-state: not-fixed }'), { until: 'fixed' }],
  ])('makes a waiver of %s', (_, text, expected) => {
    expect(importGrypeIgnore(text, { ...options, distro: 'debian' }).waivers).toMatchObject([expected])
  })

  it.each([
    ['no vulnerability', rule('{ package: { name: lodash, type: npm } }'), /it names no vulnerability/],
    ['a location', pkg('location: /app/**'), /for a location/],
    ['a fix state', rule('{ vulnerability: CVE-2024-1, fix-state: wont-fix }'), /for the fix state wont-fix/],
    ['a pattern', pkg("name: 'lib.*', type: npm"), /a pattern; waivers are literal/],
    ['no type', pkg('name: lodash'), /does not say the type/],
    ['no name', pkg('type: npm'), /names no package/],
    ['a Java artifact', pkg('name: log4j-core, type: java-archive'), /without its group/],
    ['a distribution that nobody names', pkg('name: libssl3, type: deb'), /needs the option distro/],
    ['two types', pkg('name: a, type: npm, language: python'), /differ/],
    ['both names', pkg('name: a, upstream-name: b, type: npm'), /a package and its source package/],
    [
      'a version of the source',
      pkg('upstream-name: a, version: "1", type: npm'),
      /a version and the source package/,
    ],
    [
      'pitfall 2: a name that Grype never finds',
      pkg("name: 'libstdc++6', type: deb"),
      /never applies: .*malformed/,
    ],
    ['nothing', rule('{ reason: none }'), /never applies: it has no condition/],
    ['VEX', rule('{ vulnerability: CVE-2024-1, vex-status: not_affected }'), /never applies: vex-status/],
  ])('leaves %s out and says so', (_, text, warning) => {
    const file = importGrypeIgnore(text, options)
    expect(file.waivers).toEqual([])
    expect(file.warnings?.join('\n')).toMatch(warning)
  })
})

describe('importHarborAllowlist', () => {
  const list = (more: object) =>
    JSON.stringify({ id: 1, project_id: 3, items: [{ cve_id: 'CVE-2024-1' }], ...more })

  it('gives each entry the one date of the list, exclusive', () => {
    expect(importHarborAllowlist(list({ expires_at: 1_798_761_600 }), options).waivers).toMatchObject([
      {
        vulnerability: 'CVE-2024-1',
        expires: '2027-01-01T00:00:00.000Z',
        scope: { repository: 'prod.example/app' },
      },
    ])
  })

  it.each([
    ['null', { expires_at: null }],
    ['nothing', {}],
  ])('leaves out what never ends: %s', (_, more) => {
    const file = importHarborAllowlist(list(more), { ...options, expires: undefined })
    expect(file).toMatchObject({
      waivers: [],
      warnings: ['ignore, items[0]: CVE-2024-1 is left out: it never ends'],
    })
  })

  it('takes 0 for an end, as Harbor does', () => {
    expect(importHarborAllowlist(list({ expires_at: 0 }), options).waivers[0]?.expires).toBe(
      '1970-01-01T00:00:00.000Z',
    )
  })

  it('pitfall 2: leaves out what is for every package of unnamed images', () => {
    expect(importHarborAllowlist(list({}), { ...options, scopes: undefined }).waivers).toEqual([])
  })

  it.each([
    '{}',
    '[]',
    '',
    'null',
    '{"items":[{}]}',
    '{"items":[{"cve_id":"CVE-2024-1"}],"expires_at":"soon"}',
  ])('refuses %s', (text) => {
    expect(() => importHarborAllowlist(text, options)).toThrow(
      expect.objectContaining({ code: 'POLICY_INVALID' }),
    )
  })
})
