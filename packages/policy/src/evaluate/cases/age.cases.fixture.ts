import { limit, type PolicyCase, zlib } from './policy-case.fixture.ts'

const fixed = { state: 'fixed', versions: ['2'] } as const
const aged = (since: string, atLeast = '7d', bucket = {}) => limit(0, { age: { since, atLeast }, ...bucket })
const seen = (at: string, purl = zlib, id = 'CVE-2023-45853') => ({ firstSeen: [{ id, purl, at }] })
const counted = 'fail threshold-exceeded'

/** Grace: a finding counts from an age on, and what has no date has none. Judged at 2026-11-25T12:00:00Z. */
export const ageCases: readonly PolicyCase[] = [
  ...[
    ['exactly 7 days old', '2026-11-18T12:00:00Z', counted],
    ['a second younger than 7 days', '2026-11-18T12:00:01Z', 'pass'],
    ['a millisecond younger than 7 days', '2026-11-18T12:00:00.001Z', 'pass'],
    ['older than 7 days', '2020-01-01T00:00:00Z', counted],
    ['disclosed just now', '2026-11-25T12:00:00Z', 'pass'],
    ['still to come', '2026-11-25T12:00:01Z', counted],
    ['of a bare day, which is its start by UTC', '2026-11-18', counted],
    ['of the next bare day', '2026-11-19', 'pass'],
    ['in another zone, 7 days ago', '2026-11-18T14:00:00+02:00', counted],
    ['in another zone, less than 7 days ago', '2026-11-18T14:00:00+01:00', 'pass'],
    ['without a zone, which is UTC', '2026-11-18T12:00:01', 'pass'],
    ['of a day that does not exist', '2026-11-31', counted],
    ['unreadable', 'last week', counted],
    ['empty', '', counted],
  ].map(([title, published, gives = '']): PolicyCase => ({
    name: `pitfall 17: disclosure ${title}`,
    thresholds: aged('disclosure'),
    findings: [{ published }],
    gives,
  })),
  {
    name: 'no date of disclosure grants no grace',
    thresholds: aged('disclosure'),
    findings: [{}],
    gives: counted,
  },
  {
    name: 'a fix of 8 days ago',
    thresholds: aged('fix'),
    findings: [{ fix: { ...fixed, availableAt: '2026-11-17T12:00:00Z' } }],
    gives: counted,
  },
  {
    name: 'a fix of 6 days ago, however old the disclosure is',
    thresholds: aged('fix'),
    findings: [{ published: '2020-01-01T00:00:00Z', fix: { ...fixed, availableAt: '2026-11-19T12:00:00Z' } }],
    gives: 'pass',
  },
  {
    name: 'a fix without a date, disclosed 6 days ago',
    thresholds: aged('fix'),
    findings: [{ published: '2026-11-19T12:00:00Z', fix: fixed }],
    gives: 'pass',
  },
  {
    name: 'a fix without a date, disclosed 8 days ago',
    thresholds: aged('fix'),
    findings: [{ published: '2026-11-17T12:00:00Z', fix: fixed }],
    gives: counted,
  },
  { name: 'a fix without any date', thresholds: aged('fix'), findings: [{ fix: fixed }], gives: counted },
  {
    name: 'a fix of an unreadable date is not excused by the disclosure',
    thresholds: aged('fix'),
    findings: [{ published: '2026-11-24T12:00:00Z', fix: { ...fixed, availableAt: 'soon' } }],
    gives: counted,
  },
  { name: 'never seen before', thresholds: aged('first-seen'), findings: [{}], gives: counted },
  {
    name: 'first seen 6 days ago',
    thresholds: aged('first-seen'),
    findings: [{}],
    facts: seen('2026-11-19T12:00:00Z'),
    gives: 'pass',
  },
  {
    name: 'first seen 8 days ago',
    thresholds: aged('first-seen'),
    findings: [{}],
    facts: seen('2026-11-17T12:00:00Z'),
    gives: counted,
  },
  {
    name: 'first seen in an earlier version of the package: a rebuild resets nothing',
    thresholds: aged('first-seen'),
    findings: [{}],
    facts: seen('2026-11-17T12:00:00Z', 'pkg:deb/debian/zlib1g@1:1.2.11?arch=amd64&distro=debian-12'),
    gives: counted,
  },
  {
    name: 'first seen under an alias',
    thresholds: aged('first-seen'),
    findings: [{ aliases: ['GHSA-aaaa-bbbb-cccc'] }],
    facts: seen('2026-11-19T12:00:00Z', zlib, 'GHSA-aaaa-bbbb-cccc'),
    gives: 'pass',
  },
  {
    name: 'first seen under two ids: the earlier counts',
    thresholds: aged('first-seen'),
    findings: [{ aliases: ['GHSA-aaaa-bbbb-cccc'] }],
    facts: {
      firstSeen: [
        { id: 'CVE-2023-45853', purl: zlib, at: '2026-11-19T12:00:00Z' },
        { id: 'GHSA-aaaa-bbbb-cccc', purl: zlib, at: '2026-11-01T12:00:00Z' },
      ],
    },
    gives: counted,
  },
  {
    name: 'first seen in another package',
    thresholds: aged('first-seen'),
    findings: [{}],
    facts: seen('2026-11-24T12:00:00Z', 'pkg:deb/debian/minizip@1'),
    gives: counted,
  },
  {
    name: 'the example: critical, fixable, fix of 7 days ago',
    thresholds: aged('fix', '7d', { severity: 'critical', fix: 'fixed' }),
    findings: [{ fix: { ...fixed, availableAt: '2026-11-18T12:00:00Z' } }],
    gives: counted,
  },
  {
    name: 'the example: critical without a fix, however old',
    thresholds: aged('fix', '7d', { severity: 'critical', fix: 'fixed' }),
    findings: [{ published: '2020-01-01T00:00:00Z' }],
    gives: 'pass',
  },
  {
    name: 'the example: five high ones with a fix of 40 days ago',
    thresholds: limit(5, { severity: 'high', fix: 'fixed', age: { since: 'fix', atLeast: '30d' } }),
    findings: highs(5),
    gives: 'pass',
  },
  {
    name: 'the example: six high ones with a fix of 40 days ago',
    thresholds: limit(5, { severity: 'high', fix: 'fixed', age: { since: 'fix', atLeast: '30d' } }),
    findings: highs(6),
    gives: counted,
  },
  {
    name: 'an age in hours',
    thresholds: aged('disclosure', '48h'),
    findings: [{ published: '2026-11-23T12:00:00Z' }],
    gives: counted,
  },
  {
    name: 'the same finding a minute earlier',
    thresholds: aged('disclosure', '48h'),
    findings: [{ published: '2026-11-23T12:00:00Z' }],
    now: '2026-11-25T11:59:00Z',
    gives: 'pass',
  },
]

function highs(number: number): NonNullable<PolicyCase['findings']> {
  return Array.from({ length: number }, (_, at) => ({
    id: `CVE-2024-100${at}`,
    severity: 'high',
    fix: { ...fixed, availableAt: '2026-10-16T12:00:00Z' },
  }))
}
