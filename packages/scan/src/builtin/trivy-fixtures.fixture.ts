import { parse } from 'yaml'
import type { Distro, Package, PackageType } from '@sallyport/inventory'
import { withExtension } from '../advisories/advisory-extension.ts'
import type { OsvAffected, OsvRecord } from '../advisories/osv.schema.ts'
import type { FixState } from '../finding.ts'
import { packageOf } from '../internal/inventory.fixture.ts'

interface Bucket {
  readonly bucket: string
  readonly pairs: readonly Pair[]
}

interface Pair extends Partial<Bucket> {
  readonly key?: string
  readonly value?: Value | null
}

interface Value {
  readonly FixedVersion?: string
  readonly Status?: number
  readonly State?: string
  readonly Arches?: readonly string[]
  readonly Cves?: readonly { readonly ID?: string }[]
  readonly Affected?: readonly number[]
  readonly Entries?: readonly Value[]
}

/** States of a fix by Trivy's numbers. */
const states: Readonly<Record<number, FixState>> = {
  2: 'not-fixed',
  5: 'wont-fix',
  6: 'deferred',
  7: 'end-of-life',
}

/** States of a fix by the words of Trivy's reports. */
const stateOfStatus: Readonly<Record<string, FixState>> = {
  fixed: 'fixed',
  affected: 'not-fixed',
  will_not_fix: 'wont-fix',
  fix_deferred: 'deferred',
  end_of_life: 'end-of-life',
}

/** OSV's name of a bucket of Trivy's database. */
function ecosystemOfBucket(bucket: string): string | undefined {
  const [, name = '', release = ''] = /^(.*?) (?=[\d.]+$|Leap|Tumbleweed)(.*)$/.exec(bucket) ?? []
  switch (name) {
    case 'alpine':
      return `Alpine:v${release}`
    case 'debian':
      return `Debian:${release}`
    case 'ubuntu':
      return `Ubuntu:${release}:LTS`
    case 'amazon linux':
      return `Amazon Linux:${release}`
    case 'Oracle Linux':
    case 'Photon OS':
    case 'openSUSE':
      return `${name}:${release}`
    default:
      return undefined
  }
}

/** Turns the YAML form of a database of Trivy's tests into records of ours. */
export function recordsOfFixtures(texts: readonly string[], cpeText: string): readonly OsvRecord[] {
  const cpes = new Map<number, string>()
  const [cpeBucket] = parse(cpeText) as readonly Bucket[]
  for (const { key, value } of cpeBucket?.pairs.find(({ bucket }) => bucket === 'cpe')?.pairs ?? [])
    cpes.set(Number(key), String(value).replace('cpe:/o:redhat:', 'Red Hat:'))
  const records: OsvRecord[] = []
  for (const { bucket, pairs } of texts.flatMap((text) => parse(text) as readonly Bucket[])) {
    for (const { bucket: name = '', pairs: advisories = [] } of pairs) {
      for (const { key: id = '', value } of advisories) {
        for (const entry of value?.Entries ?? [value ?? {}]) {
          const ecosystems = entry.Affected?.flatMap((number) => cpes.get(number) ?? []) ?? [
            ecosystemOfBucket(bucket),
          ]
          const affected = ecosystems.flatMap((ecosystem) =>
            ecosystem === undefined ? [] : [affectedOf(ecosystem, name, entry)],
          )
          const upstream = (entry.Cves ?? []).flatMap(({ ID }) => ID ?? [])
          records.push({ id, modified: '2026-11-25T00:00:00Z', upstream, affected })
        }
      }
    }
  }
  return records
}

function affectedOf(ecosystem: string, name: string, { FixedVersion, Status, Arches }: Value): OsvAffected {
  const fixState = Status === undefined ? undefined : states[Status]
  const events = [{ introduced: '0' }, ...(FixedVersion === undefined ? [] : [{ fixed: FixedVersion }])]
  return {
    package: { ecosystem, name },
    ranges: [{ type: 'ECOSYSTEM', events }],
    ecosystem_specific: withExtension({
      ...(fixState === undefined || fixState === 'fixed' || fixState === 'unknown' ? {} : { fixState }),
      ...(Arches === undefined ? {} : { arches: Arches }),
    }),
  }
}

/** A package as Trivy lists it. */
interface TrivyPackage {
  readonly Name: string
  readonly Version: string
  readonly Release?: string
  readonly Epoch?: number
  readonly Arch?: string
  readonly SrcName?: string
  readonly SrcVersion?: string
  readonly SrcRelease?: string
  readonly SrcEpoch?: number
  readonly Maintainer?: string
}

/** Turns a package list of Trivy's tests into packages of ours. */
export function packagesOfTrivy(type: PackageType, json: string): readonly Package[] {
  return (JSON.parse(json) as readonly TrivyPackage[]).map((pkg) => {
    const joined = (epoch: number | undefined, version: string, release: string | undefined): string =>
      `${(epoch ?? 0) === 0 ? '' : `${epoch}:`}${version}${(release ?? '') === '' ? '' : `-${release}`}`
    return packageOf(type, pkg.Name, joined(pkg.Epoch, pkg.Version, pkg.Release), {
      arch: pkg.Arch,
      source: {
        name: pkg.SrcName ?? pkg.Name,
        version: joined(pkg.SrcEpoch, pkg.SrcVersion ?? pkg.Version, pkg.SrcRelease),
      },
      ...(type === 'rpm' ? { rpm: { vendor: pkg.Maintainer, requires: [], provides: [] } } : {}),
    })
  })
}

/** Sets of Trivy's own tests: its report, its list of packages, how many findings it recorded, and the distribution. */
export const recordedSets: readonly (readonly [
  report: string,
  packages: string,
  count: number,
  distro: Distro,
])[] = [
  ['alpine-310', 'alpine-310', 4, { id: 'alpine', versionId: '3.10.2', idLike: [] }],
  ['debian-buster', 'debian-buster', 2, { id: 'debian', versionId: '10', idLike: [] }],
  ['ubuntu-1804', 'ubuntu-18.04', 5, { id: 'ubuntu', versionId: '18.04', idLike: [] }],
  ['centos-6', 'centos-6', 2, { id: 'centos', versionId: '6.10', idLike: [] }],
  ['amazon-2', 'amazon-2', 2, { id: 'amzn', versionId: '2', idLike: [] }],
  ['photon-30', 'photon-30', 3, { id: 'photon', versionId: '3.0', idLike: [] }],
  ['opensuse-leap-151', 'opensuse-leap-151', 2, { id: 'opensuse-leap', versionId: '15.1', idLike: [] }],
  ['ubi-7', 'ubi-7', 1, { id: 'rhel', versionId: '7.7', idLike: [] }],
  ['oraclelinux-8', 'oraclelinux-8-slim', 2, { id: 'ol', versionId: '8.0', idLike: [] }],
]

interface TrivyReport {
  readonly Results: readonly {
    readonly Class: string
    readonly Vulnerabilities?: readonly {
      readonly VulnerabilityID: string
      readonly PkgName: string
      readonly InstalledVersion: string
      readonly FixedVersion?: string
      readonly Status: string
    }[]
  }[]
}

/** The findings of system packages in a recorded report, a line each, sorted. */
export function recordedFindings(report: string): readonly string[] {
  const { Results } = JSON.parse(report) as TrivyReport
  return Results.filter(({ Class }) => Class === 'os-pkgs')
    .flatMap(({ Vulnerabilities = [] }) => Vulnerabilities)
    .map((each) =>
      [
        each.VulnerabilityID,
        each.PkgName,
        each.InstalledVersion,
        each.FixedVersion ?? '',
        stateOfStatus[each.Status],
      ].join(' '),
    )
    .sort()
}

/** Package type of a distribution's packages. */
export function packageTypeOf({ id }: Distro): 'apk' | 'deb' | 'rpm' {
  return id === 'alpine' ? 'apk' : ['debian', 'ubuntu'].includes(id) ? 'deb' : 'rpm'
}
