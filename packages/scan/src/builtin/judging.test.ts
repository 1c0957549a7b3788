import type { Distro, Package } from '@sallyport/inventory'
import { describe, expect, it } from 'vitest'
import { type AdvisoryExtension, withExtension } from '../advisories/advisory-extension.ts'
import { createAdvisoryIndex } from '../advisories/advisory-index.ts'
import type { OsvRecord } from '../advisories/osv.schema.ts'
import { inventoryOf, packageOf, packagesOfStatus, subject } from '../internal/inventory.fixture.ts'
import { builtinScanner, type BuiltinScannerOptions } from './builtin-scanner.ts'
import { ecosystemOf } from './ecosystem-of.ts'
import { isKernelNotShipped } from './is-kernel-not-shipped.ts'

interface Statement {
  readonly ecosystem?: string
  readonly name?: string
  readonly fixed?: string | undefined
  readonly events?: NonNullable<NonNullable<OsvRecord['affected']>[number]['ranges']>[number]['events']
  readonly extension?: AdvisoryExtension
  readonly rest?: Partial<OsvRecord>
  readonly id?: string
}

function record({
  ecosystem = 'Debian:12',
  name = 'src',
  fixed,
  events,
  extension,
  rest,
  id = 'CVE-2024-1000',
}: Statement): OsvRecord {
  const range = {
    type: 'ECOSYSTEM',
    events: events ?? [{ introduced: '0' }, ...(fixed === undefined ? [] : [{ fixed }])],
  }
  return {
    id,
    modified: '2026-11-01T00:00:00Z',
    affected: [
      {
        package: { ecosystem, name },
        ranges: [range],
        ...(extension === undefined ? {} : { ecosystem_specific: withExtension(extension) }),
      },
    ],
    ...rest,
  }
}

async function scan(
  records: readonly OsvRecord[],
  packages: readonly Package[],
  distro?: Distro,
  options: Partial<BuiltinScannerOptions> = {},
) {
  const inventory = inventoryOf(packages, distro === undefined ? {} : { distro })
  const target = { subject, platform: inventory.platform, inventory, layoutDirectory: '/nowhere' }
  const advisories = [
    ...records,
    record({ ecosystem: ecosystemName(distro), name: 'else', id: 'CVE-1999-1' }),
  ]
  return builtinScanner({ advisories, ...options }).scan(target)
}

function ecosystemName(distro: Distro | undefined): string {
  const choice = ecosystemOf(
    packages[distro?.id ?? ''] ?? 'deb',
    distro ?? { id: 'debian', versionId: '12', idLike: [] },
  )
  return choice.ok ? (choice.names[0] ?? '') : ''
}

const packages: Readonly<Record<string, 'rpm' | 'deb' | 'apk'>> = {
  rhel: 'rpm',
  almalinux: 'rpm',
  alpine: 'apk',
  ubuntu: 'deb',
}
const deb = packageOf('deb', 'bin', '1:2.0-1+b1', { source: { name: 'src', version: '1:2.0-1' } })
const rhel: Distro = { id: 'rhel', versionId: '9.4', idLike: [] }
const rpmOf = (version: string, rest: object = {}, name = 'bash') =>
  packageOf('rpm', name, version, { arch: 'x86_64', rpm: { requires: [], provides: [], ...rest } })
const onRhel = (statement: Statement) =>
  record({ ecosystem: 'Red Hat:enterprise_linux:9::baseos', name: 'bash', ...statement })

describe('a change of one fact changes the result in the right direction', () => {
  it.each<[string, OsvRecord, Package, number, Distro?]>([
    ['an epoch keeps a package safe', record({ fixed: '3.0-1' }), deb, 0],
    [
      'without it the package is affected',
      record({ fixed: '3.0-1' }),
      { ...deb, source: { name: 'src', version: '2.0-1' } },
      1,
    ],
    ['the source version is what counts', record({ fixed: '1:2.0-1' }), deb, 0],
    [
      'the binary version would be affected',
      record({ fixed: '1:2.0-2' }),
      { ...deb, source: { name: 'src', version: '1:2.0-2' } },
      0,
    ],
    [
      'a binary name goes with the binary version',
      record({ name: 'bin', fixed: '1:2.0-1+b1', extension: { name: 'binary' } }),
      deb,
      0,
    ],
    [
      'and not with the source’s',
      record({ name: 'bin', fixed: '1:2.0-1+b2', extension: { name: 'binary' } }),
      deb,
      1,
    ],
    ['a binary name is none of a source', record({ name: 'src', extension: { name: 'binary' } }), deb, 0],
    ['withdrawn records never count', record({ rest: { withdrawn: '2026-01-01T00:00:00Z' } }), deb, 0],
    [
      'last_affected includes its version',
      record({ events: [{ introduced: '0' }, { last_affected: '1:2.0-1' }] }),
      deb,
      1,
    ],
    ['and nothing after it', record({ events: [{ introduced: '0' }, { last_affected: '1:2.0-0' }] }), deb, 0],
    ['introduced later than installed', record({ events: [{ introduced: '1:2.1' }] }), deb, 0],
    ['not affected at all', record({ extension: { status: 'not-affected', name: 'source' } }), deb, 0],
    ['undetermined counts', record({ extension: { status: 'undetermined', name: 'source' } }), deb, 1],
    ['an epoch in the header of an rpm', onRhel({ fixed: '0:5.2-1' }), rpmOf('5.1-1', { epoch: 1 }), 0, rhel],
    ['no epoch is epoch 0', onRhel({ fixed: '0:5.2-1' }), rpmOf('5.1-1'), 1, rhel],
    ['an advisory with a higher epoch', onRhel({ fixed: '1:1.0-1' }), rpmOf('5.1-1'), 1, rhel],
    [
      'a source name is none of an rpm',
      onRhel({ name: 'src' }),
      packageOf('rpm', 'x', '1-1', { source: { name: 'src', version: '1-1' } }),
      0,
      rhel,
    ],
    [
      'a module’s advisory and a plain package',
      onRhel({ extension: { module: 'nodejs:18' } }),
      rpmOf('1-1'),
      0,
      rhel,
    ],
    [
      'a module’s advisory and its package',
      onRhel({ extension: { module: 'nodejs:18' } }),
      rpmOf('1-1', { modularityLabel: 'nodejs:18:9:abc' }),
      1,
      rhel,
    ],
    [
      'another stream',
      onRhel({ extension: { module: 'nodejs:20' } }),
      rpmOf('1-1', { modularityLabel: 'nodejs:18:9:abc' }),
      0,
      rhel,
    ],
    [
      'a plain advisory and a module’s package',
      onRhel({}),
      rpmOf('1-1', { modularityLabel: 'nodejs:18:9:abc' }),
      0,
      rhel,
    ],
    ['a module that only the version shows', onRhel({ fixed: '2-1.module_el9+1' }), rpmOf('1-1'), 0, rhel],
    [
      'the same and a module’s package',
      onRhel({ fixed: '2-1.module_el9+1' }),
      rpmOf('1-1', { modularityLabel: 'a:1:2:3' }),
      1,
      rhel,
    ],
    ['another architecture', onRhel({ extension: { arches: ['s390x'] } }), rpmOf('1-1'), 0, rhel],
    ['a version outside of the ranges’ rule', record({ extension: { except: ['1:2.0-1'] } }), deb, 0],
  ])('%s', async (_, advisory, pkg, count, distro) => {
    expect((await scan([advisory], [pkg], distro)).findings).toHaveLength(count)
  })

  it('an unparsable version is a gap and no finding', async () => {
    const odd = { ...deb, source: { name: 'src', version: '2.0_1' } }
    expect(await scan([record({ fixed: '3' })], [odd])).toMatchObject({
      findings: [],
      status: 'unsupported',
      gaps: [{ code: 'VERSION_UNPARSEABLE', purl: odd.purl }],
    })
  })

  it('a package that was removed but not purged is none', async () => {
    const stanza = (status: string) => `Package: src\nStatus: ${status}\nArchitecture: amd64\nVersion: 1.0\n`
    const found = async (status: string) => {
      const list = packagesOfStatus(stanza(status))
      return (await scan([record({})], [...list, packageOf('deb', 'else', '1')])).findings.map(
        (each) => each.package.name,
      )
    }
    expect(await found('install ok installed')).toEqual(['else', 'src'])
    expect(await found('deinstall ok config-files')).toEqual(['else'])
  })

  it('aliases join through others', async () => {
    const a = record({ id: 'GHSA-aaaa-bbbb-cccc', rest: { aliases: ['X-1'] } })
    const b = record({ id: 'X-1', rest: { aliases: ['CVE-2024-1000'] } })
    expect((await scan([a, b], [deb])).findings).toMatchObject([{ id: 'CVE-2024-1000' }])
    expect((await scan([a, { ...b, id: 'X-2' }], [deb])).findings).toHaveLength(2)
  })
})

describe('the distribution’s own word', () => {
  const own = (extension: AdvisoryExtension, fixed?: string) =>
    record({
      id: 'DEBIAN-CVE-2024-1000',
      rest: { upstream: ['CVE-2024-1000'] },
      fixed,
      extension: { name: 'source', ...extension },
    })
  const other = record({ fixed: '1:9' })

  it.each<[string, readonly OsvRecord[], number]>([
    ['“not affected” outweighs others’ records', [own({ status: 'not-affected' }), other], 0],
    ['“fixed in the installed version” does too', [own({}, '1:2.0-1'), other], 0],
    ['“affected” does not', [own({}, '1:8'), other], 1],
    ['not for another vulnerability', [own({ status: 'not-affected' }), record({ id: 'CVE-2024-2000' })], 1],
    [
      'an advisory of several is cleared by all of them only',
      [
        own({ status: 'not-affected' }),
        record({ id: 'DSA-1-1', rest: { upstream: ['CVE-2024-1000', 'CVE-2024-2000'] } }),
      ],
      2,
    ],
  ])('%s', async (_, records, count) => {
    expect((await scan(records, [deb])).findings).toHaveLength(count)
  })

  it('does not count for a source that is built in, nor that one’s for the package', async () => {
    const pkg = { ...deb, builtUsing: [{ name: 'lib', version: '1' }] }
    const ownOfLib = { ...own({ status: 'not-affected' }), id: 'TEMP-1', aliases: ['CVE-2024-1000'] }
    const affected = ownOfLib.affected?.map((each) => ({
      ...each,
      package: { ecosystem: 'Debian:12', name: 'lib' },
    }))
    const { findings } = await scan([{ ...ownOfLib, affected }, other], [pkg], undefined, {
      builtUsing: true,
    })
    expect(findings.map(({ id }) => id)).toEqual(['CVE-2024-1000'])
  })

  it('does not clear a vulnerability that a third record joins to another', async () => {
    const records = [
      own({ status: 'not-affected' }),
      record({ id: 'CVE-2024-2000', fixed: '1:9' }),
      record({
        id: 'GHSA-aaaa-bbbb-cccc',
        name: 'else',
        rest: { aliases: ['CVE-2024-1000', 'CVE-2024-2000'] },
      }),
    ]
    expect((await scan(records, [deb])).findings).toHaveLength(1)
  })

  it.each(['wont-fix', 'deferred', 'end-of-life', 'not-fixed', 'unknown'] as const)(
    'the state %s outweighs the version of another release',
    async (fixState) => {
      expect((await scan([own({ fixState }, '1:8')], [deb])).findings).toMatchObject([
        { fix: { state: fixState, versions: [] } },
      ])
    },
  )
})

describe('Ubuntu Pro', () => {
  const jammy: Distro = { id: 'ubuntu', versionId: '22.04', idLike: ['debian'] }
  const both: OsvRecord = {
    id: 'UBUNTU-CVE-2024-1000',
    upstream: ['CVE-2024-1000'],
    affected: [
      {
        package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'src' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }],
      },
      {
        package: { ecosystem: 'Ubuntu:Pro:22.04:LTS', name: 'src' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1:2.0-1+esm1' }] }],
      },
    ],
  }
  const proOnly = { ...both, affected: both.affected?.slice(1) }
  const patched = { ...deb, source: { name: 'src', version: '1:2.0-1+esm1' } }

  it.each([
    ['without it, its fix is none', both, deb, false, [{ state: 'not-fixed', versions: [] }]],
    [
      'without it, a record for it alone still says “affected”',
      proOnly,
      deb,
      false,
      [{ state: 'not-fixed', versions: [] }],
    ],
    [
      'with it, its fix counts',
      both,
      deb,
      true,
      [{ state: 'fixed', versions: ['1:2.0-1+esm1'], suggested: '1:2.0-1+esm1' }],
    ],
    ['with it, the fix that is installed counts', both, patched, true, []],
  ])('%s', async (_, advisory, pkg, ubuntuPro, fixes) => {
    const { findings } = await scan([advisory], [pkg], jammy, { ubuntuPro })
    expect(findings.map(({ fix }) => fix)).toEqual(fixes)
  })
})

describe('what else a report tells', () => {
  it('KEV, EPSS, platform, distribution, packages seen, and each source of data', async () => {
    const index = createAdvisoryIndex([record({})])
    const advisories = {
      ...index,
      data: [{ name: 'debian', updatedAt: '2026-11-25T00:00:00Z' }],
      kev: (cve: string) => (cve === 'CVE-2024-1000' ? { dateAdded: '2024-05-01' } : undefined),
      epss: () => ({ probability: 0.5, percentile: 0.9 }),
    }
    expect(await scan([], [deb], undefined, { advisories })).toMatchObject({
      platform: { os: 'linux', architecture: 'amd64' },
      distro: { id: 'debian', versionId: '12' },
      packagesSeen: 1,
      data: [{ name: 'debian' }],
      findings: [
        { kev: { dateAdded: '2024-05-01' }, epss: { probability: 0.5 }, package: { path: '/test' } },
      ],
    })
  })

  it.each([
    ['old data', [{ name: 'debian', updatedAt: '2020-01-01T00:00:00Z' }]],
    ['data of unknown age', [{ name: 'debian', updatedAt: '2099-01-01T00:00:00Z' }, { name: 'alpine' }]],
  ])('%s are refused where an age is asked for', async (_, data) => {
    const advisories = { ...createAdvisoryIndex([record({})]), data }
    await expect(scan([], [deb], undefined, { advisories, maxDataAgeMs: 1000 })).rejects.toMatchObject({
      code: 'DATA_UNAVAILABLE',
      retryable: true,
    })
  })

  it('a release at its end of life is a gap', async () => {
    const support = { endsOn: '2020-01-01', source: 'table' }
    const distro: Distro = { id: 'debian', versionId: '12', idLike: [], support }
    expect(await scan([record({ fixed: '1' })], [deb], distro)).toMatchObject({
      status: 'partial',
      gaps: [{ code: 'DISTRO_END_OF_LIFE' }],
    })
  })

  it('packages of another maker are a gap', async () => {
    const remi = rpmOf('5.1-1', { vendor: 'Remi Collet' })
    const own = rpmOf('5.1-1', { vendor: 'Red Hat, Inc.' }, 'other')
    expect(await scan([onRhel({})], [remi, own], rhel)).toMatchObject({
      findings: [],
      status: 'partial',
      gaps: [{ code: 'NO_ADVISORIES', message: expect.stringContaining('Remi Collet') }],
    })
  })

  it('sources built in are matched when asked for', async () => {
    const pkg = packageOf('deb', 'static', '1', { builtUsing: [{ name: 'src', version: '1' }] })
    expect((await scan([record({})], [pkg])).findings).toEqual([])
    expect((await scan([record({})], [pkg], undefined, { builtUsing: true })).findings).toHaveLength(1)
  })

  it.each([
    ['deb', 'linux-libc-dev', 'linux', true],
    ['deb', 'linux-image-6.1.0-1-amd64', 'linux-signed-amd64', false],
    ['rpm', 'kernel-headers', 'kernel', true],
    ['rpm', 'kernel-core', 'kernel', false],
    ['rpm', 'kernel', 'kernel', false],
    ['rpm', 'bpftool', 'kernel', true],
    ['apk', 'linux-pam', 'linux-pam', false],
    ['deb', 'bash', 'bash', false],
  ] as const)('%s %s of %s: no kernel in it is %s', async (type, name, source, expected) => {
    expect(isKernelNotShipped(packageOf(type, name, '1', { source: { name: source, version: '1' } }))).toBe(
      expected,
    )
  })

  it('marks findings of such packages, and keeps them', async () => {
    const headers = packageOf('deb', 'linux-libc-dev', '6.1', { source: { name: 'linux', version: '6.1' } })
    expect((await scan([record({ name: 'linux' })], [headers, deb])).findings).toMatchObject([
      { note: 'kernel-not-shipped' },
    ])
  })
})

describe('ecosystemOf', () => {
  it.each([
    ['deb', 'ubuntu', '22.04', 'Ubuntu:22.04:LTS'],
    ['deb', 'ubuntu', '23.10', 'Ubuntu:23.10'],
    ['apk', 'wolfi', '20230201', 'Wolfi'],
    ['rpm', 'rhel', '8.10', 'Red Hat:enterprise_linux:8'],
    ['rpm', 'almalinux', '9.4', 'AlmaLinux:9'],
    ['rpm', 'rocky', '9.4', 'Rocky Linux:9'],
    ['rpm', 'ol', '8.0', 'Oracle Linux:8'],
    ['rpm', 'amzn', '2023', 'Amazon Linux:2023'],
    ['rpm', 'sles', '15.5', 'SUSE:Linux Enterprise Server 15 SP5'],
    ['rpm', 'opensuse-leap', '15.6', 'openSUSE:Leap 15.6'],
    ['rpm', 'photon', '5.0', 'Photon OS:5.0'],
    ['rpm', 'fedora', '40', undefined],
    ['rpm', 'centos', '9', undefined],
    ['rpm', 'debian', '12', undefined],
    ['deb', 'constructor', '1', undefined],
  ] as const)('%s of %s %s: %s', (type, id, versionId, name) => {
    const choice = ecosystemOf(type, { id, versionId, idLike: [] })
    expect(choice.ok ? choice.names[0] : undefined).toBe(name)
  })
})
