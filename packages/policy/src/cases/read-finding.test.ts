import { describe, expect, it } from 'vitest'
import { readFinding } from './read-finding.ts'

describe('readFinding', () => {
  it('reads every word', () => {
    expect(
      readFinding(
        'CVE-2026-1 high pkg:npm/%40scope/name@1.0 executed alias:GHSA-aaaa-bbbb-cccc fix:1.1 fixSince:2026-01-01 disclosed:2025-12-01 seen:2026-02-01 kev:2026-01-02 kevDue:2026-01-23 epss:0.5 vex:maker note:kernel-not-shipped',
      ),
    ).toEqual({
      finding: {
        id: 'CVE-2026-1',
        aliases: ['GHSA-aaaa-bbbb-cccc'],
        package: { purl: 'pkg:npm/%40scope/name@1.0', type: 'npm', name: '@scope/name', version: '1.0' },
        severity: 'high',
        ratings: [],
        fix: { state: 'fixed', versions: ['1.1'], suggested: '1.1', availableAt: '2026-01-01' },
        kev: { dateAdded: '2026-01-02', dueDate: '2026-01-23' },
        epss: { probability: 0.5, percentile: 0.5 },
        published: '2025-12-01',
        note: 'kernel-not-shipped',
        suppressed: { kind: 'vex', status: 'not_affected', author: 'maker', source: 'vex.json' },
        scanners: ['test'],
      },
      usage: 'executed',
      firstSeen: '2026-02-01',
    })
  })

  it.each([
    'CVE-1 high',
    'CVE-1 high a',
    'CVE-1 high a@1 epss:2',
    'CVE-1 high a@1 kevDue:2026-01-01',
    'CVE-1 high a@1 seen:soon',
    'CVE-1 high a@1 note:x',
    'CVE-1 high a@1 fix:',
  ])('refuses %s', (text) => expect(readFinding(text)).toHaveProperty('fault'))
})
