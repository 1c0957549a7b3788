import { readFileSync } from 'node:fs'
import { digestOf } from '@sallyport/core'
import type { Inventory, Package } from '@sallyport/inventory'
import { describe, expect, it } from 'vitest'
import type { OsvRecord } from '../advisories/osv.schema.ts'
import { inventoryOf, packageOf, subject } from '../internal/inventory.fixture.ts'
import { packageVersion } from '../internal/package-version.ts'
import { builtinScanner } from './builtin-scanner.ts'

const clock = { now: () => new Date('2026-11-25T12:00:00Z') }

/** A record about one package, affected from the start up to `fixed`. */
function advisory(
  id: string,
  ecosystem: string,
  name: string,
  fixed?: string,
  rest: Partial<OsvRecord> = {},
): OsvRecord {
  const events = [{ introduced: '0' }, ...(fixed === undefined ? [] : [{ fixed }])]
  return {
    id,
    affected: [{ package: { ecosystem, name }, ranges: [{ type: 'ECOSYSTEM', events }] }],
    ...rest,
  }
}

function withField(record: OsvRecord, ecosystem_specific: Readonly<Record<string, unknown>>): OsvRecord {
  return { ...record, affected: (record.affected ?? []).map((entry) => ({ ...entry, ecosystem_specific })) }
}

const perl = packageOf('deb', 'perl-base', '5.36.0-7+deb12u1', {
  source: { name: 'perl', version: '5.36.0-7' },
})

function scan(advisories: Iterable<OsvRecord>, packages: readonly Package[], rest: Partial<Inventory> = {}) {
  const inventory = inventoryOf(packages, rest)
  const target = { subject, platform: inventory.platform, inventory, layoutDirectory: '/nowhere' }
  return builtinScanner({ advisories, clock }).scan(target)
}

const idsOf = (findings: readonly { readonly id: string }[]) => findings.map(({ id }) => id)

describe('builtinScanner', () => {
  it('reports what, when, with which data', async () => {
    const record = advisory('DEBIAN-CVE-2024-1000', 'Debian:12', 'perl', '5.36.0-8', {
      modified: '2026-11-24T00:00:00Z',
    })
    const report = await scan([record], [perl])
    expect(report).toMatchObject({
      scanner: { name: 'sallyport', version: packageVersion },
      subject,
      startedAt: '2026-11-25T12:00:00.000Z',
      finishedAt: '2026-11-25T12:00:00.000Z',
      data: [
        { name: 'advisories', updatedAt: '2026-11-24T00:00:00Z', digest: expect.stringMatching(/^sha256:/) },
      ],
      status: 'complete',
      gaps: [],
    })
    expect(report.findings).toEqual([
      {
        id: 'CVE-2024-1000',
        aliases: ['DEBIAN-CVE-2024-1000'],
        package: {
          purl: perl.purl,
          type: 'deb',
          name: 'perl-base',
          version: '5.36.0-7+deb12u1',
          sourceName: 'perl',
          sourceVersion: '5.36.0-7',
          layer: perl.evidence.diffId,
          path: '/test',
        },
        severity: 'unknown',
        ratings: [],
        fix: { state: 'fixed', versions: ['5.36.0-8'], suggested: '5.36.0-8' },
        title: undefined,
        url: undefined,
        published: undefined,
        scanners: ['sallyport'],
      },
    ])
  })

  it('matches by source name and source version, and gives each binary package its finding', async () => {
    const modules = packageOf('deb', 'perl-modules', '9:1', { source: { name: 'perl', version: '5.36.0-7' } })
    const other = packageOf('deb', 'perl', '1.0', { source: { name: 'another', version: '1.0' } })
    const { findings } = await scan(
      [advisory('CVE-2024-1000', 'Debian:12', 'perl', '5.36.0-7+deb12u1')],
      [perl, modules, other],
    )
    expect(findings.map(({ package: { name } }) => name)).toEqual(['perl-base', 'perl-modules'])
  })

  it.each([
    ['another release', advisory('CVE-2024-1000', 'Debian:11', 'perl')],
    ['the binary name', advisory('CVE-2024-1000', 'Debian:12', 'perl-base')],
    [
      'a withdrawn record',
      advisory('CVE-2024-1000', 'Debian:12', 'perl', undefined, { withdrawn: '2026-01-01T00:00:00Z' }),
    ],
    ['a fixed source version', advisory('CVE-2024-1000', 'Debian:12', 'perl', '5.36.0-7')],
    ['another ecosystem', advisory('CVE-2024-1000', 'npm', 'perl')],
  ])('does not match %s', async (_, record) => {
    const { findings } = await scan(
      [record, advisory('CVE-1999-1000', 'Debian:12', 'something-else')],
      [perl],
    )
    expect(findings).toEqual([])
  })

  it('counts records without a release for every release', async () => {
    const { findings } = await scan(
      [advisory('X-1', 'Debian:12', 'a'), advisory('CVE-2024-1000', 'Debian', 'perl')],
      [perl],
    )
    expect(idsOf(findings)).toEqual(['CVE-2024-1000'])
  })

  it('matches Alpine packages by origin and minor release', async () => {
    const ssl = packageOf('apk', 'libssl3', '3.3.0-r1', { source: { name: 'openssl', version: '3.3.0-r1' } })
    const distro = { id: 'alpine', versionId: '3.20.3', idLike: [] }
    const { findings, status } = await scan(
      [advisory('CVE-2024-4741', 'Alpine:v3.20', 'openssl', '3.3.0-r3')],
      [ssl],
      { distro },
    )
    expect(idsOf(findings)).toEqual(['CVE-2024-4741'])
    expect(status).toBe('complete')
  })

  it('makes one finding of records that name the same vulnerability', async () => {
    const flask = packageOf('pypi', 'Flask_Cors', '1.0')
    const { findings } = await scan(
      [
        advisory('PYSEC-2024-1', 'PyPI', 'flask-cors', '1.1', { aliases: ['CVE-2024-1000'] }),
        advisory('GHSA-aaaa-bbbb-cccc', 'PyPI', 'flask-cors', '1.2', {
          aliases: ['CVE-2024-1000'],
          database_specific: { severity: 'HIGH' },
          summary: 'Something bad',
        }),
        advisory('PYSEC-2024-2', 'PyPI', 'flask-cors'),
      ],
      [flask],
    )
    expect(findings).toMatchObject([
      {
        id: 'CVE-2024-1000',
        aliases: ['GHSA-aaaa-bbbb-cccc', 'PYSEC-2024-1'],
        severity: 'high',
        title: 'Something bad',
        fix: { state: 'fixed', versions: ['1.1', '1.2'] },
      },
      { id: 'PYSEC-2024-2', aliases: [], severity: 'unknown', fix: { state: 'not-fixed', versions: [] } },
    ])
  })

  it('takes an advisory of several CVEs apart, and never joins them', async () => {
    const { findings } = await scan(
      [
        advisory('DSA-5000-1', 'Debian:12', 'perl', '5.36.0-8', {
          upstream: ['CVE-2024-1000', 'CVE-2024-2000'],
        }),
        advisory('DEBIAN-CVE-2024-1000', 'Debian:12', 'perl', '5.36.0-9'),
        advisory('DSA-5001-1', 'Debian:12', 'perl', '5.36.0-8'),
      ],
      [perl],
    )
    expect(findings.map(({ id, aliases, fix }) => [id, aliases, fix.versions])).toEqual([
      ['CVE-2024-1000', ['DEBIAN-CVE-2024-1000'], ['5.36.0-8', '5.36.0-9']],
      ['CVE-2024-2000', [], ['5.36.0-8']],
      ['DSA-5001-1', [], ['5.36.0-8']],
    ])
  })

  it.each([
    [{ urgency: 'end-of-life' }, 'end-of-life', 'unknown'],
    [{ nodsa_reason: 'postponed' }, 'deferred', 'unknown'],
    [{ nodsa_reason: 'ignored' }, 'wont-fix', 'unknown'],
    [{ urgency: 'unimportant' }, 'not-fixed', 'negligible'],
    [{ urgency: 'not yet assigned' }, 'not-fixed', 'unknown'],
  ])('Debian’s %j is %s, %s', async (fields, state, severity) => {
    const { findings } = await scan(
      [withField(advisory('CVE-2024-1000', 'Debian:12', 'perl'), fields)],
      [perl],
    )
    expect(findings).toMatchObject([{ severity, fix: { state, versions: [] } }])
  })

  it('does not claim that there is no fix where the last affected version is known', async () => {
    const events = [{ introduced: '0' }, { last_affected: '2.0.0' }]
    const record = {
      id: 'X-1',
      affected: [{ package: { ecosystem: 'npm', name: 'a' }, ranges: [{ type: 'SEMVER', events }] }],
    }
    const { findings } = await scan([record], [packageOf('npm', 'a', '1.0.0')])
    expect(findings).toMatchObject([{ fix: { state: 'unknown' } }])
  })

  describe('a language package that a package of the distribution brought', () => {
    const owned = packageOf('pypi', 'requests', '2.0', { ownedBy: perl.purl })
    const venv = packageOf('pypi', 'requests', '2.1')
    const own = { ...advisory('GHSA-aaaa-bbbb-cccc', 'PyPI', 'requests'), aliases: ['CVE-2024-1000'] }
    const fixed = advisory('DEBIAN-CVE-2024-1000', 'Debian:12', 'perl', '1')
    const other = advisory('CVE-1999-1000', 'Debian:12', 'a')

    it.each<[string, OsvRecord[], string[]]>([
      ['is judged by what the distribution says of the vulnerability', [own, fixed], ['2.1']],
      [
        'also in an advisory of several',
        [own, advisory('DSA-1-1', 'Debian:12', 'perl', '1', { upstream: ['CVE-2024-1000', 'CVE-2024-2'] })],
        ['2.1'],
      ],
      ['is judged by itself where the distribution says nothing of it', [own, other], ['2.0', '2.1']],
      [
        'also where it speaks of another vulnerability of that package',
        [own, advisory('DEBIAN-CVE-2024-2', 'Debian:12', 'perl', '1')],
        ['2.0', '2.1'],
      ],
      [
        'or of the same in another package',
        [own, advisory('DEBIAN-CVE-2024-1000', 'Debian:12', 'a', '1')],
        ['2.0', '2.1'],
      ],
      ['and where there are no advisories of the distribution', [own], ['2.0', '2.1']],
    ])('%s', async (_title, advisories, versions) => {
      const { findings } = await scan(advisories, [perl, owned, venv])
      expect(findings.map(({ package: { version } }) => version)).toEqual(versions)
    })

    it('needs advisories of its own, unless the distribution speaks of the package that brought it', async () => {
      expect((await scan([fixed], [perl, owned])).gaps).toEqual([])
      expect((await scan([other], [perl, owned])).gaps).toMatchObject([{ code: 'NO_ADVISORIES' }])
    })

    it('has no gap for a version that cannot be compared where the distribution looks after its package', async () => {
      const odd = packageOf('pypi', 'requests', 'unknown!', { ownedBy: perl.purl })
      const third = advisory('CVE-2024-3', 'PyPI', 'requests', '3.0')
      expect((await scan([third, fixed], [perl, odd])).gaps).toEqual([])
      expect((await scan([third, other], [perl, odd])).gaps).toMatchObject([{ code: 'VERSION_UNPARSEABLE' }])
    })

    it('is judged by itself when it is replaced', async () => {
      const { findings } = await scan([own, fixed], [perl, { ...owned, isReplaced: true }])
      expect(findings.map(({ package: { version } }) => version)).toEqual(['2.0'])
    })
  })
})

describe('what builtinScanner could not judge', () => {
  const debianAdvisory = advisory('CVE-1999-1000', 'Debian:12', 'something')
  const npm = packageOf('npm', 'a', '1.0.0')

  it.each([
    ['an unknown distribution', [perl], { distro: undefined }, 'unsupported', ['DISTRO_UNKNOWN']],
    [
      'a distribution that is not matched',
      [perl],
      { distro: { id: 'devuan', versionId: '5', idLike: [] } },
      'unsupported',
      ['DISTRO_UNSUPPORTED'],
    ],
    [
      'a rolling release',
      [perl],
      { distro: { id: 'debian', idLike: [] } },
      'unsupported',
      ['DISTRO_UNSUPPORTED'],
    ],
    [
      'a release without advisories',
      [perl],
      { distro: { id: 'debian', versionId: '13', idLike: [] } },
      'unsupported',
      ['NO_ADVISORIES'],
    ],
    [
      'packages of another distribution',
      [packageOf('apk', 'a', '1.0-r0')],
      {},
      'unsupported',
      ['DISTRO_UNSUPPORTED'],
    ],
    [
      'a language without advisories, once for all packages',
      [perl, npm, packageOf('npm', 'b', '1.0.0')],
      {},
      'partial',
      ['NO_ADVISORIES'],
    ],
    ['a package of no known type', [perl, packageOf('generic', 'a', '1')], {}, 'partial', ['NO_ADVISORIES']],
    ['no package at all', [], {}, 'unsupported', ['NO_PACKAGES']],
    [
      'a gap of the inventory',
      [perl],
      { gaps: [{ code: 'UNREADABLE' as const, message: 'cut', path: '/x' }] },
      'partial',
      ['INVENTORY_GAP'],
    ],
    ['everything', [perl], {}, 'complete', []],
  ] as const)('%s', async (_, packages, rest, status, codes) => {
    const report = await scan([debianAdvisory], packages, rest)
    expect({ status: report.status, codes: report.gaps.map(({ code }) => code) }).toEqual({
      status,
      codes,
    })
    expect(report.findings).toEqual([])
  })

  it('names the package whose version cannot be compared, once', async () => {
    const odd = packageOf('deb', 'odd', 'not a version')
    const advisories = [
      advisory('CVE-2024-1000', 'Debian:12', 'odd', '1.0'),
      advisory('CVE-2024-2000', 'Debian:12', 'odd', '2.0'),
    ]
    const { status, gaps } = await scan(advisories, [perl, odd])
    expect(status).toBe('partial')
    expect(gaps).toEqual([
      {
        code: 'VERSION_UNPARSEABLE',
        message:
          'odd not a version: cannot be compared for CVE-2024-1000 (not a version), CVE-2024-2000 (not a version)',
        purl: odd.purl,
      },
    ])
  })

  it('still names the gap where the advisory cannot be read', async () => {
    const { gaps, findings } = await scan([advisory('CVE-2024-1000', 'npm', 'a', 'soon')], [npm])
    expect(findings).toEqual([])
    expect(gaps).toMatchObject([{ code: 'VERSION_UNPARSEABLE', purl: npm.purl }])
  })
})

describe('what builtinScanner refuses', () => {
  const record = advisory('CVE-2024-1000', 'Debian:12', 'perl')

  it('no advisories, or only withdrawn ones', () => {
    const withdrawn = { ...record, withdrawn: '2026-01-01T00:00:00Z' }
    for (const advisories of [[], [withdrawn]]) {
      expect(() => builtinScanner({ advisories })).toThrow(
        expect.objectContaining({ code: 'ADVISORIES_EMPTY' }),
      )
    }
  })

  it('a time that is none', () => {
    expect(() => builtinScanner({ advisories: [record], updatedAt: 'today' })).toThrow(
      expect.objectContaining({ code: 'ADVISORIES_INVALID' }),
    )
  })

  it('the inventory of another image', async () => {
    const inventory = inventoryOf([perl], { subject: digestOf('another image') })
    const target = { subject, platform: inventory.platform, inventory, layoutDirectory: '/nowhere' }
    await expect(builtinScanner({ advisories: [record] }).scan(target)).rejects.toMatchObject({
      code: 'SUBJECT_MISMATCH',
    })
  })

  it('to go on after an abort', async () => {
    const reason = new Error('enough')
    const inventory = inventoryOf([perl])
    const target = { subject, platform: inventory.platform, inventory, layoutDirectory: '/nowhere' }
    const scanning = builtinScanner({ advisories: [record] }).scan(target, {
      signal: AbortSignal.abort(reason),
    })
    await expect(scanning).rejects.toBe(reason)
  })
})

it('packageVersion is that of package.json', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  expect(packageVersion).toBe(version)
})
