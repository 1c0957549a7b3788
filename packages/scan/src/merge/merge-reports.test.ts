import { digestOf } from '@sallyport/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Finding, FindingPackage, Suppression } from '../finding.ts'
import type { ScanReport } from '../scan-report.ts'
import { mergeFindings } from './merge-findings.ts'
import { mergeReports } from './merge-reports.ts'
import { packageKey } from './package-key.ts'

const apt: FindingPackage = {
  purl: 'pkg:deb/debian/apt@2.6.1?arch=amd64',
  type: 'deb',
  name: 'apt',
  version: '2.6.1',
}

function finding(id: string, rest: Partial<Finding> = {}): Finding {
  return {
    id,
    aliases: [],
    package: apt,
    severity: 'unknown',
    ratings: [],
    fix: { state: 'unknown', versions: [] },
    scanners: ['a'],
    ...rest,
  }
}

function report(name: string, findings: readonly Finding[], subject = digestOf('image')): ScanReport {
  const time = '2026-11-25T00:00:00Z'
  const scanner = { name, version: '1' }
  return {
    scanner,
    subject,
    startedAt: time,
    finishedAt: time,
    data: [],
    status: 'complete',
    gaps: [],
    findings,
  }
}

describe('mergeReports', () => {
  it('joins what two scanners say of one vulnerability', () => {
    const nvd = { source: 'nvd', level: 'critical', score: 9.8, vector: 'v' } as const
    const merged = mergeReports([
      report('b', [
        finding('GHSA-aaaa-bbbb-cccc', {
          aliases: ['CVE-2024-1000'],
          scanners: ['b'],
          severity: 'critical',
          ratings: [nvd],
          fix: { state: 'fixed', versions: ['2.6.10'] },
          published: '2024-03-02T00:00:00Z',
        }),
      ]),
      report('a', [
        finding('CVE-2024-1000', {
          severity: 'low',
          ratings: [nvd, { source: 'debian', level: 'low' }],
          fix: { state: 'wont-fix', versions: ['2.6.2'] },
          package: {
            ...apt,
            purl: 'pkg:deb/debian/apt@2.6.1?distro=debian-12&arch=amd64',
            sourceName: 'apt',
          },
          published: '2024-03-01T00:00:00Z',
        }),
      ]),
    ])
    expect(merged.reports).toHaveLength(2)
    expect(merged.findings).toEqual([
      {
        id: 'CVE-2024-1000',
        aliases: ['GHSA-aaaa-bbbb-cccc'],
        package: { ...apt, purl: 'pkg:deb/debian/apt@2.6.1?distro=debian-12&arch=amd64', sourceName: 'apt' },
        severity: 'low',
        ratings: [{ source: 'debian', level: 'low' }, nvd],
        fix: { state: 'fixed', versions: ['2.6.2', '2.6.10'], suggested: '2.6.10' },
        claims: [
          {
            scanner: 'a',
            id: 'CVE-2024-1000',
            severity: 'low',
            fix: { state: 'wont-fix', versions: ['2.6.2'] },
          },
          {
            scanner: 'b',
            id: 'GHSA-aaaa-bbbb-cccc',
            severity: 'critical',
            fix: { state: 'fixed', versions: ['2.6.10'] },
          },
        ],
        title: undefined,
        url: undefined,
        published: '2024-03-01T00:00:00Z',
        scanners: ['a', 'b'],
      },
    ])
  })

  it('takes the earliest time at which anybody saw a fix', () => {
    const dated = (scanner: string, availableAt?: string) =>
      report(scanner, [
        finding('CVE-2024-1000', {
          scanners: [scanner],
          fix: { state: 'fixed', versions: ['3'], availableAt },
        }),
      ])
    const { findings } = mergeReports([
      dated('a'),
      dated('b', '2026-10-02'),
      dated('c', '2026-09-30T12:00:00Z'),
    ])
    expect(findings[0]?.fix.availableAt).toBe('2026-09-30T12:00:00Z')
  })

  it('keeps a level that a scanner gives without a rating', () => {
    const { findings } = mergeReports([report('a', [finding('CVE-2024-1000', { severity: 'high' })])])
    expect(findings).toMatchObject([{ severity: 'high' }])
  })

  it('refuses reports about different images', () => {
    const reports = [report('a', []), report('b', [], digestOf('another'))]
    expect(() => mergeReports(reports)).toThrow(
      expect.objectContaining({ code: 'SUBJECT_MISMATCH', scanner: 'b' }),
    )
  })

  it('keeps weaknesses of those who looked for them', () => {
    const weakness = { kind: 'secret', id: 'k', severity: 'high', title: 't', scanner: 'a' } as const
    expect(
      mergeReports([{ ...report('a', []), weaknesses: [weakness] }, report('b', [])]).weaknesses,
    ).toEqual([weakness])
    expect(mergeReports([report('b', [])]).weaknesses).toBeUndefined()
  })

  it('lists a weakness that two found at one place once, with the worst level', () => {
    const found = { kind: 'secret', id: 'k', severity: 'low', title: 't', path: '/k', scanner: 'a' } as const
    const elsewhere = { ...found, path: '/other' }
    const suppressed = { kind: 'waiver', status: 'ignored', source: 'rule' } as const
    const { weaknesses } = mergeReports([
      { ...report('a', []), weaknesses: [found, { ...elsewhere, suppressed }] },
      { ...report('b', []), weaknesses: [{ ...found, severity: 'high', scanner: 'b', suppressed }] },
    ])
    expect(weaknesses).toEqual([
      { ...found, severity: 'high', scanner: 'b' },
      { ...elsewhere, suppressed },
    ])
  })

  it('refuses to make a result of no report', () => {
    expect(() => mergeReports([])).toThrow(expect.objectContaining({ code: 'REPORT_INVALID' }))
  })
})

describe('what scanners disagree about', () => {
  const said = (scanner: string, rest: Partial<Finding> = {}) =>
    report(scanner, [finding('CVE-2024-1000', { scanners: [scanner], ...rest })])
  const kinds = (...reports: readonly ScanReport[]) =>
    mergeReports(reports).disagreements?.map(({ kind, said: what }) => [
      kind,
      ...what.map(({ scanner, value }) => `${scanner}: ${value}`),
    ])

  it.each<[string, Partial<Finding>, string[]]>([
    ['severity', { severity: 'low' }, ['severity', 'a: high', 'b: low']],
    [
      'state of the fix',
      { fix: { state: 'wont-fix', versions: [] } },
      ['fix-state', 'a: unknown', 'b: wont-fix'],
    ],
    ['versions of the fix', { fix: { state: 'unknown', versions: ['2'] } }, ['fix-versions', 'a: ', 'b: 2']],
  ])('lists another %s', (_, rest, expected) => {
    expect(kinds(said('a', { severity: 'high' }), said('b', { severity: 'high', ...rest }))).toEqual([
      expected,
    ])
  })

  it('lists what one that judged everything did not report', () => {
    expect(kinds(said('a'), report('b', []))).toEqual([['missing', 'a: reported', 'b: not reported']])
  })

  it('holds nothing against one that could not judge everything', () => {
    expect(kinds(said('a'), { ...report('b', []), status: 'partial' })).toEqual([])
    expect(kinds(said('a'), { ...report('b', []), status: 'failed' })).toEqual([])
  })

  it('lists nothing when all say the same', () => {
    expect(kinds(said('a'), said('b'))).toEqual([])
  })
})

describe('a merged finding', () => {
  const fixedIn = (scanner: string, ...versions: readonly string[]) =>
    finding('CVE-2024-1000', { scanners: [scanner], fix: { state: 'fixed', versions } })

  it.each([
    ['what all name', [['2.6.2'], ['2.6.2']], '2.6.2'],
    ['the higher one of two that differ', [['2.6.2'], ['2.6.3']], '2.6.3'],
    ['the lowest above the installed one, of several branches', [['2.5.9', '2.6.4', '3.0']], '2.6.4'],
    ['nothing when no fix is above the installed one', [['2.5.9']], undefined],
    ['nothing when no version can be compared', [['']], undefined],
  ])('suggests %s', (_, versions, expected) => {
    const [merged] = mergeFindings(versions.map((own, index) => fixedIn(String(index), ...own)))
    expect(merged?.fix.suggested).toBe(expected)
  })

  it('is the same whatever the order of the answers', () => {
    const suppressed = (source: string) => ({ kind: 'scanner', status: 'ignored', source }) as const
    const said = ['a', 'b', 'c'].map((scanner) =>
      finding('CVE-2024-1000', {
        scanners: [scanner],
        package: { ...apt, path: scanner, sourceName: scanner },
        title: scanner,
        url: `https://${scanner}.example`,
        kev: { dateAdded: `2024-01-0${scanner.length}` },
        suppressed: suppressed(scanner),
      }),
    )
    const bytes = JSON.stringify(mergeFindings(said))
    expect(JSON.stringify(mergeFindings(said.toReversed()))).toBe(bytes)
    expect(
      JSON.stringify(mergeFindings([said[1], said[2], said[0]].filter((one) => one !== undefined))),
    ).toBe(bytes)
  })

  const aside = (scanner: string, kind: Suppression['kind']) =>
    finding('CVE-2024-1000', { scanners: [scanner], suppressed: { kind, status: 'ignored', source: kind } })

  it.each<[string, readonly Finding[], Suppression['kind'] | undefined]>([
    [
      'counts when one of two scanners counts it',
      [finding('CVE-2024-1000'), aside('b', 'scanner')],
      undefined,
    ],
    ['counts when one scanner says both', [aside('a', 'vex'), finding('CVE-2024-1000')], undefined],
    ['is set aside when all who report it do so', [aside('a', 'vex'), aside('b', 'vex')], 'vex'],
    ['is so for the least trusted reason', [aside('a', 'vex'), aside('b', 'scanner')], 'scanner'],
    ['is so for a rule rather than a statement', [aside('a', 'vex'), aside('b', 'waiver')], 'waiver'],
  ])('%s, whatever the order', (_, findings, kind) => {
    for (const given of [findings, findings.toReversed()]) {
      expect(mergeFindings(given).map(({ suppressed }) => suppressed?.kind)).toEqual([kind])
    }
  })

  it('tells who set it aside, and that the others do not', () => {
    const { findings, disagreements } = mergeReports([
      report('a', [finding('CVE-2024-1000')]),
      report('b', [aside('b', 'scanner')]),
    ])
    const claims = findings[0]?.claims?.map(({ scanner, suppressed }) => [scanner, suppressed?.source])
    expect(claims).toEqual([
      ['a', undefined],
      ['b', 'scanner'],
    ])
    expect(disagreements).toMatchObject([
      {
        kind: 'suppressed',
        said: [
          { scanner: 'a', value: 'counted' },
          { scanner: 'b', value: 'set aside' },
        ],
      },
    ])
  })

  it('keeps exploitation, prediction and notes of whoever knows them', () => {
    const kev = { dateAdded: '2024-01-01' }
    const epss = { probability: 0.5, percentile: 0.9 }
    const rest = { scanners: ['b'], kev, epss, note: 'kernel-not-shipped' } as const
    expect(mergeFindings([finding('CVE-2024-1000'), finding('CVE-2024-1000', rest)])).toMatchObject([
      { kev, epss, note: 'kernel-not-shipped' },
    ])
  })
})

describe('mergeFindings', () => {
  const ids = (findings: readonly Finding[]) =>
    mergeFindings(findings).map(({ id, aliases }) => [id, ...aliases])

  it('follows chains of aliases', () => {
    expect(
      ids([
        finding('PYSEC-2024-1', { aliases: ['GHSA-aaaa-bbbb-cccc'] }),
        finding('CVE-2024-1000', { aliases: ['GO-2024-1'] }),
        finding('GHSA-aaaa-bbbb-cccc', { aliases: ['GO-2024-1'] }),
      ]),
    ).toEqual([['CVE-2024-1000', 'GHSA-aaaa-bbbb-cccc', 'GO-2024-1', 'PYSEC-2024-1']])
  })

  it.each([
    'DSA-5000-1',
    'DLA-1-1',
    'USN-1-1',
    'RHSA-2024:1',
    'ELSA-2024-1',
    'ALAS-2024-1',
    'ALAS2-2024-1',
    'SUSE-SU-2024:1-1',
    'openSUSE-SU-2024:1',
    'GLSA-2024-1',
    'ALSA-2024:1',
    'RLSA-2024:1',
    'RXSA-2024:1',
    'ELEA-2024-1',
    'XSA-1',
    'MFSA-2024-1',
    'OESA-2024-1',
  ])('does not join CVEs that share %s', (bundle) => {
    const findings = [
      finding('CVE-2024-1000', { aliases: [bundle] }),
      finding('CVE-2024-2000', { aliases: [bundle] }),
    ]
    expect(ids([...findings, finding(bundle, { aliases: ['CVE-2024-1000', 'CVE-2024-2000'] })])).toEqual([
      ['CVE-2024-1000'],
      ['CVE-2024-2000'],
      [bundle],
    ])
  })

  it('orders ids CVE by year and number, GHSA, others, records of distributions', () => {
    const aliases = [
      'DEBIAN-CVE-2023-1000',
      'GO-2024-1',
      'CVE-2024-10000',
      'CVE-2024-9999',
      'GHSA-aaaa-bbbb-cccc',
      'CVE-2023-99999',
    ]
    expect(ids([finding('XYZ', { aliases })])).toEqual([
      [
        'CVE-2023-99999',
        'CVE-2024-9999',
        'CVE-2024-10000',
        'GHSA-aaaa-bbbb-cccc',
        'GO-2024-1',
        'XYZ',
        'DEBIAN-CVE-2023-1000',
      ],
    ])
  })

  it('loses no vulnerability of any package, whatever the order, and is stable', () => {
    const pool = ['CVE-2024-1000', 'CVE-2024-2000', 'GHSA-aaaa-bbbb-cccc', 'GO-2024-1', 'DSA-1-1']
    const one = fc.record({
      id: fc.constantFrom(...pool),
      alias: fc.constantFrom(...pool),
      name: fc.constantFrom('x', 'y'),
    })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 8 }), (rows) => {
        const findings = rows.map(({ id, alias, name }) =>
          finding(id, {
            aliases: alias === id ? [] : [alias],
            package: { ...apt, name, purl: `pkg:deb/debian/${name}@1` },
          }),
        )
        const merged = mergeFindings(findings)
        const idsAndPackages = (list: readonly Finding[]) =>
          new Set(
            list.flatMap(({ id, aliases, package: { name } }) =>
              [id, ...aliases].map((each) => `${name} ${each}`),
            ),
          )
        const all = idsAndPackages(merged)
        for (const { id, package: pkg } of findings) expect(all).toContain(`${pkg.name} ${id}`)
        const summary = (list: readonly Finding[]) =>
          list.map(({ id, aliases, package: { purl } }) => [purl, id, aliases])
        expect(summary(mergeFindings(findings.toReversed()))).toEqual(summary(merged))
        expect(summary(mergeFindings(merged))).toEqual(summary(merged))
      }),
    )
  })
})

describe('packageKey', () => {
  const key = (type: string, name: string, version: string, purl = '') =>
    packageKey({ purl, type, name, version })

  it.each([
    [
      'an epoch in the purl',
      key('deb', 'a', '1.0', 'pkg:deb/debian/a@1.0?epoch=1'),
      key('deb', 'a', '1:1.0'),
    ],
    ['an epoch of 0', key('deb', 'a', '0:1.0'), key('deb', 'a', '1.0')],
    ['Go’s v', key('golang', 'a', 'v1.0.0'), key('golang', 'a', '1.0.0')],
    ['Go’s toolchain', key('golang', 'stdlib', 'go1.20.1'), key('golang', 'stdlib', 'v1.20.1')],
    ['PyPI names', key('pypi', 'Foo_Bar', '1'), key('pypi', 'foo-bar', '1')],
    [
      'other qualifiers',
      key('deb', 'a', '1', 'pkg:deb/debian/a@1?arch=amd64'),
      key('deb', 'a', '1', 'pkg:deb/debian/a@1?arch=amd64&distro=debian-12'),
    ],
  ])('is the same for %s', (_, a, b) => {
    expect(a).toBe(b)
  })

  it.each([
    ['types', key('deb', 'a', '1'), key('apk', 'a', '1')],
    ['epochs', key('deb', 'a', '1:1'), key('deb', 'a', '1')],
    ['versions', key('npm', 'a', '1.0.0'), key('npm', 'a', '1.0.1')],
    ['npm scopes', key('npm', '@x/a', '1.0.0'), key('npm', '@y/a', '1.0.0')],
    [
      'architectures',
      key('deb', 'a', '1', 'pkg:deb/debian/a@1?arch=amd64'),
      key('deb', 'a', '1', 'pkg:deb/debian/a@1?arch=i386'),
    ],
  ])('tells %s apart', (_, a, b) => {
    expect(a).not.toBe(b)
  })
})
