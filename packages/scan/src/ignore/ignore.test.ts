import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ScanError } from '../errors.ts'
import type { Finding, Weakness } from '../finding.ts'
import { findingOf } from '../internal/finding.fixture.ts'
import { applyIgnoreRules } from './apply-ignore-rules.ts'
import { compileGlob } from './compile-glob.ts'
import type { IgnoreFile, IgnoreRule } from './ignore-rule.ts'
import { parseGrypeIgnore } from './parse-grype-ignore.ts'
import { parseTrivyIgnore, parseTrivyIgnoreYaml } from './parse-trivy-ignore.ts'

const source = 'ignore'
const now = new Date('2026-06-01T12:00:00Z')
const at = (finding: Finding, path: string): Finding => ({
  ...finding,
  package: { ...finding.package, path },
})
const lodash = at(
  findingOf('CVE-2024-1', 'pkg:npm/lodash@4.17.4', {
    aliases: ['GHSA-a'],
    fix: { state: 'fixed', versions: ['5'] },
  }),
  '/app/node_modules/lodash/package.json',
)
const ssl = at(findingOf('CVE-2024-1', 'pkg:deb/debian/libssl3@3.0.1-1?arch=amd64'), '/var/lib/dpkg/status')
const libssl = { ...ssl, package: { ...ssl.package, sourceName: 'openssl' } }
const plus = findingOf('CVE-2024-2', 'pkg:deb/debian/libstdc%2B%2B6@12')
const log4j = findingOf('CVE-2024-3', 'pkg:maven/org.apache/log4j-core@2.14.1')
const secret: Weakness = {
  kind: 'secret',
  id: 'aws-key',
  severity: 'high',
  title: 't',
  path: '/app/.env',
  scanner: 'trivy',
}
const all = [lodash, libssl, plus, log4j]

const ignored = (file: IgnoreFile) => {
  const { findings, weaknesses } = applyIgnoreRules(
    { findings: all, weaknesses: [secret] },
    { rules: file.rules, now },
  )
  return [
    ...findings.filter(({ suppressed }) => suppressed).map(({ package: { name } }) => name),
    ...weaknesses.filter(({ suppressed }) => suppressed).map(({ id }) => id),
  ]
}

describe('parseTrivyIgnore', () => {
  it.each([
    ['an id', 'CVE-2024-1', ['lodash', 'libssl3'], 0],
    ['an id with blanks and a comment around', '# why\n\n  CVE-2024-2 \r\n', ['libstdc++6'], 0],
    ['an id of a secret', 'aws-key', ['aws-key'], 0],
    ['an alias, which does not count', 'GHSA-a', [], 0],
    ['another case, which does not count', 'cve-2024-1', [], 0],
    ['a date to come', 'CVE-2024-2 exp:2026-06-02', ['libstdc++6'], 0],
    ['today, which has begun', 'CVE-2024-2 exp:2026-06-01', [], 0],
    ['a date that is none, whose line counts for nothing', 'CVE-2024-2 exp:2026-13-01', [], 1],
    ['a day that is none', 'CVE-2024-2 exp:2026-02-30', [], 1],
    ['another word, which means nothing', 'CVE-2024-2 expires:2020-01-01', ['libstdc++6'], 1],
  ])('reads %s', (_, text, expected, warnings) => {
    const file = parseTrivyIgnore(text, { source })
    expect(ignored(file)).toEqual(expected)
    expect(file.warnings).toHaveLength(warnings)
  })
})

describe('parseTrivyIgnoreYaml', () => {
  const entry = (more: string, section = 'vulnerabilities', id = 'CVE-2024-1') =>
    `${section}:\n  - id: ${id}\n${more ? `    ${more}\n` : ''}`

  it.each([
    ['an id', entry(''), ['lodash', 'libssl3']],
    ['an id of another kind', entry('', 'secrets'), []],
    ['a secret with its path', entry('paths: ["app/.env"]', 'secrets', 'aws-key'), ['aws-key']],
    ['a purl without version', entry('purls: ["pkg:npm/lodash"]'), ['lodash']],
    ['a purl of another version', entry('purls: ["pkg:npm/lodash@5"]'), []],
    ['the source package, which is another one', entry('purls: ["pkg:deb/debian/openssl"]'), []],
    ['a path', entry('paths: ["app/**"]'), ['lodash']],
    ['a path as it stands in the image, which has no slash there', entry('paths: ["/app/**"]'), []],
    ['any path, also none', entry('paths: ["**"]'), ['lodash', 'libssl3']],
    [
      'a purl and a path that do not both hold',
      entry('purls: ["pkg:npm/lodash"]\n    paths: ["srv/**"]'),
      [],
    ],
    ['a day to come', entry('expired_at: 2026-06-02'), ['lodash', 'libssl3']],
    ['today, which has begun', entry('expired_at: 2026-06-01'), []],
    ['a time that has passed', entry('expired_at: 2026-06-01T11:00:00Z'), []],
    ['an empty document', '', []],
  ])('reads %s', (_, text, expected) => {
    expect(ignored(parseTrivyIgnoreYaml(text, { source }))).toEqual(expected)
  })

  it('warns of a field that means nothing', () => {
    const { warnings } = parseTrivyIgnoreYaml(entry('expires: 2020-01-01'), { source })
    expect(warnings).toEqual([expect.stringMatching(/vulnerabilities\[0\].*"expires"/) as string])
  })

  it('keeps the statement and the end', () => {
    const { rules } = parseTrivyIgnoreYaml(entry('statement: not reachable\n    expired_at: 2027-01-01'), {
      source,
    })
    const { findings } = applyIgnoreRules({ findings: [lodash] }, { rules, now, owner: 'team' })
    expect(findings[0]?.suppressed).toEqual({
      kind: 'waiver',
      status: 'ignored',
      statement: 'not reachable',
      author: 'team',
      expires: '2027-01-01T00:00:00.000Z',
      source: 'ignore, vulnerabilities[0]',
    })
  })

  it.each([
    ['no YAML', 'a: [', 'not YAML'],
    ['an entry without id', 'secrets:\n  - paths: [a]', 'id'],
    ['a purl that is none', entry('purls: ["lodash"]'), 'purl'],
    ['a pattern that is none', entry('paths: ["[a"]'), 'pattern'],
    ['a date that is none', entry('expired_at: soon'), 'expired_at'],
    [
      'aliases that grow without end',
      `a: &a [1,1,1,1,1,1,1,1,1]\n${'bcdefgh'
        .split('')
        .map(
          (name, index) =>
            `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefg'[index]}`).join(',')}]\n`,
        )
        .join('')}`,
      'aliases',
    ],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseTrivyIgnoreYaml(text, { source })).toThrow(
      expect.objectContaining({
        code: 'IGNORE_FILE_INVALID',
        message: expect.stringContaining(message) as string,
      }),
    )
  })
})

describe('parseGrypeIgnore', () => {
  const rule = (...lines: readonly string[]) => `ignore:\n  - ${lines.join('\n    ')}\n`

  it.each([
    ['an id', rule('vulnerability: CVE-2024-1'), ['lodash', 'libssl3']],
    ['an alias, which does not count', rule('vulnerability: GHSA-a'), []],
    ['an alias that is meant to', rule('vulnerability: GHSA-a', 'include-aliases: true'), ['lodash']],
    ['all conditions at once', rule('vulnerability: CVE-2024-1', 'package:', '  type: npm'), ['lodash']],
    ['a fix state', rule('fix-state: fixed'), ['lodash']],
    ['a version', rule('package:', '  version: 4.17.4'), ['lodash']],
    ['a language', rule('package:', '  language: java'), ['org.apache/log4j-core']],
    ['Grype’s name of a type', rule('package:', '  type: java-archive'), ['org.apache/log4j-core']],
    ['a location', rule('package:', '  location: "/app/**"'), ['lodash']],
    ['an upstream name', rule('package:', '  upstream-name: openssl'), ['libssl3']],
    ['a pattern for the whole name', rule('package:', '  name: lib(ssl|z).*'), ['libssl3']],
    ['a pattern for a part of the name', rule('package:', '  name: "[s]sl"'), []],
    ['no rules', 'output: json\n', []],
  ])('reads %s', (_, text, expected) => {
    const file = parseGrypeIgnore(text, { source })
    expect(ignored(file)).toEqual(expected)
    expect(file.warnings).toEqual([])
  })

  it.each([
    ['nothing', rule('reason: none')],
    ['a namespace', rule('vulnerability: CVE-2024-1', 'namespace: nvd:cpe')],
    ['a kind of match', rule('match-type: cpe-match')],
    ['VEX', rule('vex-status: not_affected')],
    ['a condition that nobody knows', rule('vulnerability: CVE-2024-1', 'only-in: tests')],
    ['an unknown field of the package', rule('vulnerability: CVE-2024-1', 'package:', '  path: /app')],
    ['a malformed pattern', rule('package:', '  name: "(a"')],
    ['a name that was meant literally', rule('package:', '  name: libstdc++6')],
  ])('warns of a rule with %s, which never applies', (_, text) => {
    const file = parseGrypeIgnore(text, { source })
    expect(ignored(file)).toEqual([])
    expect(file.warnings).toEqual([expect.stringContaining('never applies') as string])
  })
})

describe('applyIgnoreRules', () => {
  it('tells expired rules that would have applied, and rules that apply to nothing', () => {
    const { rules } = parseTrivyIgnore(
      'CVE-2024-1 exp:2020-01-01\nCVE-2000-1 exp:2020-01-01\nCVE-2000-2\nCVE-2024-2',
      {
        source,
      },
    )
    const { expired, unused } = applyIgnoreRules({ findings: all }, { rules, now })
    expect(expired.map(({ source: where }) => where)).toEqual(['ignore, line 1'])
    expect(unused.map(({ name }) => name)).toEqual(['CVE-2000-2'])
  })
})

describe('a finding that several CVEs were joined into', () => {
  const joined = findingOf('CVE-2024-1001', 'pkg:cargo/x@1', {
    aliases: ['CVE-2024-1002', 'RUSTSEC-2024-0001'],
  })
  it.each([
    ['one of them', 'CVE-2024-1001', false],
    ['the other', 'CVE-2024-1002', false],
    ['each of them', 'CVE-2024-1002\nCVE-2024-1001', true],
  ])('is set aside by rules about %s', (_, text, expected) => {
    const { rules } = parseTrivyIgnore(text, { source })
    const { findings } = applyIgnoreRules({ findings: [joined] }, { rules, now })
    expect(findings[0]?.suppressed !== undefined).toBe(expected)
  })
})

describe('an index of rules', () => {
  const rule = (name: string, id: string | undefined, matches = true): IgnoreRule => ({
    source: name,
    name,
    id,
    matches: () => matches,
  })

  it.each<[string, readonly IgnoreRule[], string | undefined]>([
    ['the first of both kinds', [rule('any', undefined), rule('own', 'CVE-2024-1')], 'any'],
    ['the first, whatever its kind', [rule('own', 'CVE-2024-1'), rule('any', undefined)], 'own'],
    [
      'the next one when the first does not match',
      [rule('own', 'CVE-2024-1', false), rule('any', undefined)],
      'any',
    ],
    ['none that is about another id', [rule('other', 'CVE-2024-2')], undefined],
  ])('names %s', (_, rules, expected) => {
    const { findings } = applyIgnoreRules({ findings: [lodash] }, { rules, now })
    expect(findings[0]?.suppressed?.source).toBe(expected)
  })
})

describe('compileGlob', () => {
  it.each([
    ['a/*', 'a/b', true],
    ['a/*', 'a/b/c', false],
    ['**/c', 'c', true],
    ['**/c', 'a/b/c', true],
    ['a/**/c', 'a/c', true],
    ['a/**', 'a', true],
    ['a/**', 'ab', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['{a,b/*}.x', 'a.x', true],
    ['{a,b/*}.x', 'b/c.x', true],
    ['[a-c]', 'b', true],
    ['[!a-c]', 'b', false],
    ['[!a]', '/', false],
    ['a.c', 'abc', false],
    [String.raw`\*`, '*', true],
    [String.raw`\*`, 'a', false],
  ])('%s and %s: %s', (pattern, path, expected) => {
    expect(compileGlob(pattern)?.matches(path)).toBe(expected)
  })

  it.each(['[a', '{a', 'a\\'])('knows no pattern %s', (pattern) => {
    expect(compileGlob(pattern)).toBeUndefined()
  })
})

describe('the parsers', () => {
  it.each([
    ['parseTrivyIgnore', parseTrivyIgnore],
    ['parseTrivyIgnoreYaml', parseTrivyIgnoreYaml],
    ['parseGrypeIgnore', parseGrypeIgnore],
  ])('%s throws nothing but its own errors, and its rules nothing', (_, parse) => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => `ignore: ${text}\nsecrets: ${text}`),
        ),
        (text) => {
          try {
            ignored(parse(text, { source }))
          } catch (error) {
            expect(error).toBeInstanceOf(ScanError)
          }
        },
      ),
    )
  })
})
