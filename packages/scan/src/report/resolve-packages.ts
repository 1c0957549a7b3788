import type { Inventory, Package } from '@sallyport/inventory'
import type { FindingPackage } from '../finding.ts'
import { packageKey } from '../merge/package-key.ts'
import { parsePurl } from '../vex/match-purl.ts'
import type { ReportedPackage } from './reported-finding.ts'

/** Finds the packages of the inventory that a report means. */
export type PackageResolver = (reported: ReportedPackage) => readonly FindingPackage[]

/**
 * Makes a resolver. A package is meant by its purl, else by type, name and version, as far as the report has them; one
 * that the inventory does not have stays as the report names it.
 */
export function createPackageResolver({ packages }: Inventory): PackageResolver {
  const byKey = new Map<string, Package[]>()
  const byName = new Map<string, Package[]>()
  const bySource = new Map<string, Package[]>()
  for (const pkg of packages) {
    add(byKey, packageKey(pkg), pkg)
    add(byName, pkg.name, pkg)
    if (pkg.source !== undefined) add(bySource, pkg.source.name, pkg)
  }
  return (reported) => {
    const found = (reported.purl && byKey.get(keyOfPurl(reported.purl, reported))) || byFields(reported)
    if (found.length > 0) return found.map((pkg) => toFindingPackage(pkg, reported))
    return [unknownPackage(reported)]
  }

  function byFields({ name, version, type, arch, isSource = false }: ReportedPackage): readonly Package[] {
    const candidates = (isSource ? bySource : byName).get(name) ?? []
    return candidates.filter(
      (pkg) =>
        (type === undefined || pkg.type === type) &&
        (version === undefined ||
          sameVersion(version, isSource ? (pkg.source?.version ?? '') : pkg.version)) &&
        (arch === undefined || pkg.arch === undefined || pkg.arch === arch || arch === ''),
    )
  }
}

/** Some tools leave out the epoch. */
function sameVersion(reported: string, own: string): boolean {
  return reported === own || reported === own.replace(/^\d+:/, '') || reported === own.replace(/^v(?=\d)/, '')
}

function keyOfPurl(purl: string, { name, version = '', type }: ReportedPackage): string {
  const parsed = parsePurl(purl)
  if (parsed === undefined) return ''
  const isSystem = parsed.type === 'deb' || parsed.type === 'apk' || parsed.type === 'rpm'
  return packageKey({
    purl,
    type: parsed.type ?? type ?? '',
    name: isSystem
      ? (parsed.name ?? name)
      : fullName(parsed.type ?? '', parsed.namespace, parsed.name ?? name),
    version: parsed.version ?? version,
  })
}

function fullName(type: string, namespace: string | null | undefined, name: string): string {
  if (!namespace) return name
  return type === 'maven' ? `${namespace}:${name}` : `${namespace}/${name}`
}

function add(index: Map<string, Package[]>, key: string, pkg: Package): void {
  const list = index.get(key)
  if (list === undefined) index.set(key, [pkg])
  else list.push(pkg)
}

function toFindingPackage(pkg: Package, { path, layer }: ReportedPackage): FindingPackage {
  return {
    purl: pkg.purl,
    type: pkg.type,
    name: pkg.name,
    version: pkg.version,
    sourceName: pkg.source?.name,
    sourceVersion: pkg.source?.version,
    layer: layer ?? pkg.evidence.diffId,
    path: path ?? pkg.evidence.path,
  }
}

function unknownPackage({
  purl,
  name,
  version = '',
  type = 'generic',
  path,
  layer,
}: ReportedPackage): FindingPackage {
  const parsed = purl === undefined ? undefined : parsePurl(purl)
  const at = version === '' ? '' : `@${encodeURIComponent(version)}`
  return {
    purl: parsed && purl ? purl : `pkg:${type}/${name.split('/').map(encodeURIComponent).join('/')}${at}`,
    type: parsed?.type ?? type,
    name,
    version: version || (parsed?.version ?? ''),
    path,
    layer,
  }
}
