import { describe, expect, it } from 'vitest'
import type { SeverityRating } from '../finding.ts'
import { chooseSeverity } from './choose-severity.ts'
import { rateAdvisory } from './rate-advisory.ts'
import { rateCvss } from './rate-cvss.ts'
import { severityOfWord } from './severity-order.ts'

describe('rateCvss', () => {
  it.each([
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8, 'critical'],
    ['CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N', 6.1, 'medium'],
    ['CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N', 1.8, 'low'],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N', 0, 'negligible'],
    ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 9.3, 'critical'],
    ['AV:N/AC:L/Au:N/C:C/I:C/A:C', 10, 'high'],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U', 9.8, 'critical'],
  ])('%s scores %d, %s', (vector, score, level) => {
    expect(rateCvss(vector)).toEqual({ score, level })
  })

  it.each(['', 'junk', 'CVSS:3.1/AV:N', 'CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 'x'.repeat(1000)])(
    'gives nothing for %j',
    (vector) => {
      expect(rateCvss(vector)).toBeUndefined()
    },
  )
})

describe('severityOfWord', () => {
  it.each([
    ['MODERATE', 'medium'],
    ['unimportant', 'negligible'],
    ['low**', 'low'],
    ['Critical', 'critical'],
    ['not yet assigned', undefined],
    ['end-of-life', undefined],
    ['constructor', undefined],
  ])('%s is %s', (word, level) => {
    expect(severityOfWord(word)).toBe(level)
  })
})

describe('rateAdvisory', () => {
  const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'

  it('names the source of each rating', () => {
    const record = {
      id: 'GHSA-aaaa-bbbb-cccc',
      severity: [{ type: 'CVSS_V3', score: vector }],
      database_specific: { severity: 'HIGH' },
    }
    expect(rateAdvisory({ record, affected: {} })).toEqual([
      { source: 'ghsa', level: 'critical', score: 9.8, vector },
      { source: 'ghsa', level: 'high' },
    ])
  })

  it('takes the urgency of Debian records as Debian’s word', () => {
    const affected = {
      package: { ecosystem: 'Debian:12', name: 'bash' },
      ecosystem_specific: { urgency: 'unimportant' },
    }
    expect(rateAdvisory({ record: { id: 'DEBIAN-CVE-2024-1' }, affected })).toEqual([
      { source: 'debian', level: 'negligible' },
    ])
  })

  it('says nothing when the record says nothing that can be read', () => {
    const record = { id: 'X-1', severity: [{ type: 'CVSS_V3', score: 'broken' }] }
    expect(rateAdvisory({ record, affected: { ecosystem_specific: { urgency: 3 } } })).toEqual([])
  })
})

describe('chooseSeverity', () => {
  const nvd: SeverityRating = { source: 'nvd', level: 'critical', score: 9.8, vector: 'v' }
  const ghsa: SeverityRating = { source: 'ghsa', level: 'high' }
  const debian: SeverityRating = { source: 'debian', level: 'low' }
  const ubuntu: SeverityRating = { source: 'ubuntu', level: 'medium' }

  it.each([
    ['the distribution’s word first', 'pkg:deb/debian/a@1', [nvd, ghsa, debian, ubuntu], 'low'],
    [
      'another distribution’s word does not count as its own',
      'pkg:deb/debian/a@1',
      [nvd, ubuntu],
      'critical',
    ],
    ['GitHub’s word for language packages', 'pkg:npm/a@1', [nvd, ghsa, debian], 'high'],
    ['the highest score otherwise', 'pkg:npm/a@1', [{ ...nvd, score: 5, level: 'medium' }, nvd], 'critical'],
    ['any word otherwise', 'pkg:npm/a@1', [ubuntu, debian], 'medium'],
    ['unknown without ratings', 'pkg:npm/a@1', [], 'unknown'],
    [
      'an unknown vendor word is passed over',
      'pkg:deb/debian/a@1',
      [{ ...debian, level: 'unknown' }, nvd],
      'critical',
    ],
    ['a purl that cannot be read has no distribution', 'nonsense', [debian, nvd], 'critical'],
  ] as const)('%s', (_, purl, ratings, expected) => {
    expect(chooseSeverity(purl, ratings)).toBe(expected)
  })
})
