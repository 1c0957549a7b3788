import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { evaluateAffected } from './evaluate-affected.ts'
import type { OsvRecord } from './osv.schema.ts'
import { parseAdvisories } from './parse-advisories.ts'
import { parseFriendsOfPhp } from './parse-friends-of-php.ts'
import { parseGhsaGraphql } from './parse-ghsa-graphql.ts'
import { parseRubysec } from './parse-rubysec.ts'

const isAffected = (type: 'gem' | 'composer' | 'npm', { affected }: OsvRecord, version: string) =>
  affected?.some((each) => evaluateAffected(type, version, each).status === 'affected')

const gem = (patched: readonly string[], unaffected: readonly string[] = []) =>
  parseRubysec(
    { gem: 'a', cve: '2024-1000', patched_versions: patched, unaffected_versions: unaffected },
    'a.yml',
  )

describe('parseRubysec', () => {
  it.each([
    ['1.0', ['>= 2.0'], [], true],
    ['2.0', ['>= 2.0'], [], false],
    ['2.1.4', ['~> 2.1.3', '>= 2.2.2'], ['< 2.1.0'], false],
    ['2.1.2', ['~> 2.1.3', '>= 2.2.2'], ['< 2.1.0'], true],
    ['2.2.1', ['~> 2.1.3', '>= 2.2.2'], ['< 2.1.0'], true],
    ['2.2.0.pre', ['~> 2.1.3', '>= 2.2.2'], ['< 2.1.0'], true],
    ['2.0', ['~> 2.1.3', '>= 2.2.2'], ['< 2.1.0'], false],
    ['2.0', ['> 2.0'], [], true],
    ['2.0', [], ['<= 2.0'], false],
    ['2.0.1', [], ['<= 2.0'], true],
    ['9', [], [], true],
    ['1.5', ['>= 1.2, < 2', '= 1.5'], [], false],
  ])('%s with patched %j and unaffected %j: affected %s', (version, patched, unaffected, expected) => {
    expect(isAffected('gem', gem(patched, unaffected), version)).toBe(expected)
  })

  it('prefers the GHSA id, and names the others', () => {
    expect(parseRubysec({ gem: 'a', cve: '2024-1000', ghsa: 'aaaa-bbbb-cccc' }, 'a')).toMatchObject({
      id: 'GHSA-aaaa-bbbb-cccc',
      aliases: ['CVE-2024-1000'],
    })
  })

  it.each([
    [{}],
    [{ gem: 'a' }],
    [{ gem: 'a', cve: '1', patched_versions: ['soon or later'] }],
    [{ gem: 'a', cve: '1', patched_versions: ['>= x y'] }],
  ])('refuses %j', (value) => {
    expect(() => parseRubysec(value, 'x')).toThrow(expect.objectContaining({ code: 'ADVISORIES_INVALID' }))
  })
})

it('a requirement of blanks is refused at once', () => {
  const patched = [`>=${' '.repeat(1500)}!`, `${' '.repeat(1000)}~>${' '.repeat(1000)}`]
  for (const requirement of patched)
    expect(() => gem([requirement])).toThrow(expect.objectContaining({ code: 'ADVISORIES_INVALID' }))
})

describe('parseFriendsOfPhp', () => {
  const record = (versions: readonly string[]) =>
    parseFriendsOfPhp(
      { reference: 'composer://a/b', cve: 'CVE-2024-1000', branches: { '1.x': { versions } } },
      'a/b/x.yaml',
      'x',
    )

  it.each([
    ['1.2.6', ['>=1.0.0', '<1.2.7'], true],
    ['1.2.7', ['>=1.0.0', '<1.2.7'], false],
    ['v1.2', ['<=1.2.0'], true],
    ['1.2', ['>1.2.0', '<2'], false],
    ['1.2.1', ['>1.2.0', '<2'], true],
  ])('%s in %j: %s', (version, versions, expected) => {
    expect(isAffected('composer', record(versions), version)).toBe(expected)
  })

  it.each([
    ['1.2.0', { a: '>1.2.0', b: '<=1.2.0' }, true],
    ['1.2', { a: '>1.2.0', b: '<1.2.0' }, false],
  ])('%s in branches of %j: %s', (version, branches, expected) => {
    const entries = Object.entries(branches).map(([name, one]) => [name, { versions: [one] }])
    const value = { reference: 'composer://a/b', branches: Object.fromEntries(entries) as object }
    expect(isAffected('composer', parseFriendsOfPhp(value, 'a/b/x.yaml', 'x'), version)).toBe(expected)
  })

  it('refuses a version that is none', () => {
    expect(() => record(['>=1.0 || 2'])).toThrow(expect.objectContaining({ code: 'ADVISORIES_INVALID' }))
  })
})

describe('parseGhsaGraphql', () => {
  const node = (range: string, name = 'a') => ({
    node: {
      advisory: {
        identifiers: [
          { type: 'GHSA', value: 'GHSA-aaaa-bbbb-cccc' },
          { type: 'CVE', value: 'CVE-2024-1000' },
        ],
        severity: 'HIGH',
      },
      package: { name },
      vulnerableVersionRange: range,
    },
  })
  const answer = (...edges: readonly object[]) => ({ data: { securityVulnerabilities: { edges } } })

  it.each([
    ['5.13.15', '> 5.13.15, < 6.4.6', false],
    ['5.13.16', '> 5.13.15, < 6.4.6', true],
    ['6.4.6', '> 5.13.15, < 6.4.6', false],
    ['1.0.0', '= 1.0.0', true],
    ['1.0.1', '= 1.0.0', false],
    ['1.0.0', '<= 1.0.0', true],
  ])('%s in %j: %s', (version, range, expected) => {
    const [record] = parseGhsaGraphql(answer(node(range)), 'npm', 'x')
    expect(isAffected('npm', record as OsvRecord, version)).toBe(expected)
  })

  it('makes one record of an advisory of several packages', () => {
    expect(parseGhsaGraphql(answer(node('< 1.0.0'), node('< 2.0.0', 'b')), 'npm', 'x')).toMatchObject([
      {
        id: 'GHSA-aaaa-bbbb-cccc',
        aliases: ['CVE-2024-1000'],
        affected: [{ package: { name: 'a' } }, { package: { name: 'b' } }],
      },
    ])
  })

  it.each([
    [{}, 'npm', 'ADVISORIES_INVALID'],
    [answer(node('soon or later')), 'npm', 'ADVISORIES_INVALID'],
    [answer(node('< 1')), 'constructor', 'OPTIONS_INVALID'],
  ])('refuses %j as %s: %s', (value, type, code) => {
    expect(() => parseGhsaGraphql(value, type, 'x')).toThrow(expect.objectContaining({ code }))
  })
})

const data = new URL('../../../../../shared/data/scan/advisories/', import.meta.url)

describe.skipIf(!existsSync(data))('genuine records (skipped where the data folder is absent)', () => {
  const lines = (path: string) =>
    readFileSync(new URL(path, data), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly path: string })

  it('all 322 of rubysec and 354 of FriendsOfPHP can be read', () => {
    const gems = lines('rubysec/gems.jsonl').map((value) => parseRubysec(value, value.path))
    const php = lines('friendsofphp/composer.jsonl').map((value) =>
      parseFriendsOfPhp(value, value.path, value.path),
    )
    expect(parseAdvisories(gems, { source: 'rubysec' })).toHaveLength(322)
    expect(parseAdvisories(php, { source: 'FriendsOfPHP' })).toHaveLength(354)
  })

  it.each([
    ['npm', 64],
    ['cargo', 62],
    ['composer', 4],
    ['gem', 2],
    ['golang', 2],
    ['maven', 2],
    ['nuget', 4],
    ['pypi', 4],
  ])('%s: GitHub’s answer gives %i records', (type, count) => {
    const value: unknown = JSON.parse(readFileSync(new URL(`ghsa-graphql/${type}.json`, data), 'utf8'))
    const records = parseGhsaGraphql(value, type, type)
    expect(parseAdvisories(records, { source: type })).toHaveLength(count)
  })
})
