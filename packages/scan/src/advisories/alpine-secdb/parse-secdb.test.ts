import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { extensionOf } from '../advisory-extension.ts'
import { evaluateAffected } from '../evaluate-affected.ts'
import type { OsvRecord } from '../osv.schema.ts'
import { parseAdvisories } from '../parse-advisories.ts'
import { parseAlpineSecdb } from './parse-secdb.ts'

const yaml = `
distroversion: v3.10
reponame: main
packages:
  - pkg:
      name: xen
      secfixes:
        4.12.1-r0:
          - CVE-2019-1000 XSA-1
          - XSA-2
        1.10:
          - CVE_2019-2000 (+ regression fix)
        1.9:
          - CVE-2019-2000
        0:
          - CVE-2019-3000
  - pkg:
      name: nothing
      secfixes:
`

const fixesOf = (records: readonly OsvRecord[]) =>
  records.map(({ id, affected }) => [
    id,
    affected?.[0]?.package?.ecosystem,
    affected?.[0]?.ranges?.[0]?.events[1]?.fixed ?? extensionOf(affected?.[0] ?? {}).status,
  ])

const expected = [
  ['ALPINE-CVE-2019-3000', 'Alpine:v3.10', 'not-affected'],
  ['ALPINE-CVE-2019-1000', 'Alpine:v3.10', '4.12.1-r0'],
  ['XSA-2', 'Alpine:v3.10', '4.12.1-r0'],
  ['ALPINE-CVE-2019-2000', 'Alpine:v3.10', '1.10'],
]

describe('parseAlpineSecdb', () => {
  it('reads YAML: several ids in a string, `0`, the highest of two fixes, versions that look like numbers', () => {
    expect(fixesOf(parseAlpineSecdb(yaml, { source: 'main.yaml' })).sort()).toEqual([...expected].sort())
  })

  it('reads JSON of a repository and of one package', () => {
    const pkg = { name: 'zlib', secfixes: { '1.2.13-r0': ['CVE-2022-1000'] } }
    const whole = { distroversion: 'v3.20', reponame: 'main', packages: [{ pkg }] }
    const result = [['ALPINE-CVE-2022-1000', 'Alpine:v3.20', '1.2.13-r0']]
    expect(fixesOf(parseAlpineSecdb(JSON.stringify(whole), { source: 'main.json' }))).toEqual(result)
    expect(fixesOf(parseAlpineSecdb(JSON.stringify(pkg), { source: 'zlib.json', release: 'v3.20' }))).toEqual(
      result,
    )
  })

  it.each([
    ['no release', '{"name":"a","secfixes":{}}'],
    ['no package list', '{"distroversion":"v3.20"}'],
    ['no YAML', 'a: [1'],
    ['aliases that multiply', 'a: &a [x]\nb: [*a, *a]'],
    [
      'a version list that is none',
      '{"distroversion":"v3.20","packages":[{"pkg":{"name":"a","secfixes":{"1":"CVE-1"}}}]}',
    ],
  ])('refuses %s', (_, text) => {
    expect(() => parseAlpineSecdb(text, { source: 'x' })).toThrow(
      expect.objectContaining({ code: 'ADVISORIES_INVALID', message: expect.stringMatching(/^x: /) }),
    )
  })

  it('refuses more than allowed', () => {
    expect(() => parseAlpineSecdb(yaml, { source: 'x', maxLength: 10 })).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    )
  })
})

const data = new URL('../../../../../../shared/data/scan/advisories/alpine-secdb/', import.meta.url)

describe.skipIf(!existsSync(data))('Alpine’s own files (skipped where the data folder is absent)', () => {
  it.each([
    ['v3.10/main.yaml', 1110],
    ['v3.10/community.yaml', 692],
    ['v3.11/main.yaml', 1123],
    ['v3.11/community.yaml', 829],
    ['v3.20-vulnlist/openssl.json', 78],
  ])('%s gives %i records that the schema takes', (file, count) => {
    const records = parseAlpineSecdb(readFileSync(new URL(file, data), 'utf8'), {
      source: file,
      release: 'v3.20',
    })
    expect(parseAdvisories(records, { source: file })).toHaveLength(count)
    const versions = records.flatMap(({ affected }) =>
      (affected ?? []).map((each) => evaluateAffected('apk', '1.0-r0', each)),
    )
    const unreadable = versions.filter(({ status }) => status === 'unknown').length
    expect(unreadable).toBeLessThan(count / 100)
  })
})
