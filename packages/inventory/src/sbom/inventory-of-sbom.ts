import { digestOf, type Digest, isDigest, type Platform } from '@sallyport/core'
import { PackageURL } from 'packageurl-js'
import { distroSupport } from '../distro/distro-support.ts'
import type { Inventory, InventoryGap, Package, PackageType } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { parseSourceRpm } from '../rpm/source-rpm.ts'
import { spdxOrUnknown } from '../spdx-expression.ts'
import type { Sbom, SbomPackage } from './sbom.ts'

/** Options of {@link inventoryOfSbom}. */
export interface InventoryOfSbomOptions {
  /** Digest of the image that the SBOM was verified to describe. */
  readonly subject: Digest
  /** The platform that the image is for. */
  readonly platform: Platform
}

const types: readonly string[] = [
  'deb',
  'apk',
  'rpm',
  'npm',
  'pypi',
  'conda',
  'golang',
  'maven',
  'gem',
  'cargo',
  'nuget',
  'composer',
  'generic',
] satisfies readonly PackageType[]

/** Makers that name the source package in the purl whenever it differs from the package. */
const namesSources = /^(?:sallyport|syft)\b/i
const nowhere = digestOf('')

/**
 * The inventory that an SBOM tells of, as far as packages are matched with advisories: no files, no records of package
 * managers. What the SBOM does not tell and matching needs is a gap, so that nothing is taken for judged: source packages,
 * the distribution of system packages, names that are no purl.
 */
export function inventoryOfSbom(sbom: Sbom, { subject, platform }: InventoryOfSbomOptions): Inventory {
  const gaps: InventoryGap[] = [...(sbom.gaps ?? [])]
  const packages: Package[] = []
  for (const listed of sbom.packages) {
    try {
      const found = toPackage(listed)
      if (found) packages.push(found)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      gaps.push({ code: 'UNREADABLE', message: `the SBOM: ${error.message}` })
    }
  }
  const system = packages.filter(({ type }) => type === 'deb' || type === 'apk' || type === 'rpm')
  if (system.length > 0 && sbom.distro === undefined)
    gaps.push({ code: 'DISTRO_UNKNOWN', message: 'the SBOM does not name the distribution of its packages' })
  if (system.length > 0 && !tellsSources(sbom, system))
    gaps.push({
      code: 'UNSUPPORTED',
      message: 'the SBOM does not name the source packages that advisories of distributions are about',
    })
  return { subject, platform, distro: sbom.distro && toDistro(sbom.distro), packages: sort(packages), gaps }
}

const tellsSources = ({ tools }: Sbom, system: readonly Package[]): boolean =>
  system.some(({ source }) => source !== undefined) || tools.some(({ name }) => namesSources.test(name))

function toDistro(distro: NonNullable<Sbom['distro']>): Inventory['distro'] {
  return { ...distro, idLike: [], support: distroSupport(distro) }
}

/** `undefined` for a source package, which is not installed itself. */
function toPackage(listed: SbomPackage): Package | undefined {
  const purl = listed.purl ?? toPurl({ type: 'generic', name: listed.name, version: listed.version ?? '' })
  const parsed = PackageURL.fromString(purl)
  const type = types.includes(parsed.type ?? '') ? (parsed.type as PackageType) : 'generic'
  const { arch, epoch, upstream } = parsed.qualifiers ?? {}
  const isSystem = type === 'deb' || type === 'apk' || type === 'rpm'
  if (isSystem && (arch === 'source' || arch === 'src' || arch === 'nosrc')) return undefined
  const name = nameOf(type, parsed)
  const version = withEpoch(type, parsed.version ?? listed.version ?? '', epoch)
  return {
    type,
    name,
    version,
    arch,
    purl,
    source: isSystem ? (listed.source ?? upstreamOf(type, upstream, { name, version })) : undefined,
    files: [],
    evidence: {
      path: listed.path ?? '/',
      layer: 0,
      diffId: isDigest(listed.diffId) ? listed.diffId : nowhere,
      method: 'sbom',
    },
    license: licenseOf(listed),
    ownedBy: listed.ownedBy,
    cpes: listed.cpes.length > 0 ? listed.cpes : undefined,
    checksums: listed.checksums.length > 0 ? listed.checksums : undefined,
    builtUsing: listed.builtUsing,
    rpm:
      type === 'rpm'
        ? {
            epoch: epochOf(version),
            modularityLabel: listed.module ?? parsed.qualifiers?.['rpmmod'],
            requires: [],
            provides: [],
          }
        : undefined,
  }
}

function nameOf(type: PackageType, { namespace, name }: PackageURL): string {
  const own = name ?? ''
  if (!namespace) return own
  if (type === 'maven') return `${namespace}:${own}`
  return type === 'npm' || type === 'golang' || type === 'composer' ? `${namespace}/${own}` : own
}

/** Trivy and rpm keep the epoch apart. */
function withEpoch(type: PackageType, version: string, epoch: string | undefined): string {
  const isApart = (type === 'deb' || type === 'rpm') && epoch !== undefined && /^[1-9]\d{0,8}$/.test(epoch)
  return isApart && !/^\d+:/.test(version) ? `${epoch}:${version}` : version
}

function epochOf(version: string): number | undefined {
  const [, epoch] = /^(\d{1,9}):/.exec(version) ?? []
  return epoch === undefined ? undefined : Number(epoch)
}

/** The qualifier `upstream`: `name`, `name@version`, or of rpm the file name of the source package. */
function upstreamOf(
  type: PackageType,
  upstream: string | undefined,
  { name, version }: Pick<Package, 'name' | 'version'>,
): Package['source'] {
  if (upstream === undefined || upstream === '') return undefined
  if (type === 'rpm') {
    const [, own = '', release = ''] = /^(?:\d+:)?(.*)-([^-]*)$/.exec(version) ?? []
    return parseSourceRpm(upstream, { epoch: epochOf(version), version: own, release })
  }
  const at = upstream.lastIndexOf('@')
  return at > 0
    ? { name: upstream.slice(0, at), version: upstream.slice(at + 1) }
    : { name: upstream || name, version }
}

/** All of several licences hold: which of them is meant for what is not told. */
function licenseOf({ licenses }: SbomPackage): string {
  const known = licenses.map(spdxOrUnknown)
  if (known.length === 0 || known.includes('NOASSERTION')) return 'NOASSERTION'
  const [only] = known
  return known.length === 1 && only !== undefined ? only : known.map((one) => `(${one})`).join(' AND ')
}

function sort(packages: readonly Package[]): readonly Package[] {
  const keys = new Map(
    packages.map((one) => [one, `${one.type}\0${one.name}\0${one.version}\0${one.evidence.path}`]),
  )
  return packages.toSorted((one, other) => {
    const [left, right] = [keys.get(one)!, keys.get(other)!]
    return left < right ? -1 : left > right ? 1 : 0
  })
}
