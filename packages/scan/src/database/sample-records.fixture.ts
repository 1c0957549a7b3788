import * as fc from 'fast-check'
import type { OsvRange, OsvRecord } from '../advisories/osv.schema.ts'

/** A small pool, so that records share packages, and ids meet in chains. */
const word = fc.constantFrom('a', 'B', 'a_b', 'A.b-', 'ünï', '\u{1f980}', '\uffee', 'x/y', '@s/p', ' ')
const ecosystem = fc.constantFrom(
  'PyPI',
  'npm',
  'Debian:12',
  'Debian:13',
  'Go',
  'Ubuntu:22.04:LTS',
  '\u{1f980}',
)
const id = fc.oneof(
  fc.integer({ min: 1000, max: 1009 }).map((number) => `CVE-2026-${number}`),
  fc.integer({ min: 1000, max: 1009 }).map((number) => `DEBIAN-CVE-2026-${number}`),
  fc.integer({ min: 1, max: 9 }).map((number) => `DSA-${number}-1`),
  fc.integer({ min: 1, max: 9 }).map((number) => `GHSA-aaaa-bbbb-ccc${number}`),
  word,
)
const affected = fc.record(
  {
    package: fc.record({ ecosystem, name: word }),
    ranges: fc.constant<OsvRange[]>([{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1' }] }]),
    ecosystem_specific: fc.constantFrom<Record<string, unknown>>(
      { urgency: 'low' },
      { deep: { list: [1, null, 'x'] } },
    ),
  },
  { requiredKeys: [] },
)

/** Records with few names, so that everything that can meet does. */
export const anyRecord: fc.Arbitrary<OsvRecord> = fc.record(
  {
    id,
    modified: fc.constantFrom('2026-01-01T00:00:00Z', '2026-02-02T00:00:00+02:00', '2025-12-31T23:59:59Z'),
    withdrawn: fc.constantFrom('2026-01-02T00:00:00Z', null),
    aliases: fc.array(id, { maxLength: 3 }),
    summary: fc.string({ unit: 'binary', maxLength: 20 }),
    affected: fc.array(affected, { maxLength: 4 }),
  },
  { requiredKeys: ['id'] },
)

/** What can be asked of an index made of {@link anyRecord}. */
export const questions = {
  ecosystems: ['PyPI', 'npm', 'Debian:12', 'Debian:13', 'Go', 'Ubuntu:22.04:LTS', '\u{1f980}', 'other'],
  names: [
    'a',
    'B',
    'a_b',
    'A-B',
    'a.b',
    'A.b-',
    'ünï',
    '\u{1f980}',
    '\uffee',
    'x/y',
    '@s/p',
    ' ',
    'other',
    '\ud83e',
  ],
  ids: [
    ...Array.from({ length: 10 }, (_, index) => `CVE-2026-${1000 + index}`),
    ...Array.from({ length: 10 }, (_, index) => `DEBIAN-CVE-2026-${1000 + index}`),
    ...Array.from({ length: 9 }, (_, index) => `DSA-${index + 1}-1`),
    ...Array.from({ length: 9 }, (_, index) => `GHSA-aaaa-bbbb-ccc${index + 1}`),
    'a',
    'ünï',
    'other',
    '\ud83e',
  ],
}
