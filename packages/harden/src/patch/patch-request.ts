import type { Inventory, Package } from '@sallyport/inventory'
import type { Finding } from '@sallyport/scan'
import { compareVersions, isUnparseable } from '@sallyport/scan/compare'

/** A finding with the version that repairs it, and its package in the inventory. */
export interface FixableFinding {
  readonly id: string
  readonly found: Package
  readonly fixedIn: string
}

/** What is to be patched. */
export interface PatchRequest {
  readonly findings: readonly FixableFinding[]
  /** Whether a package is asked for, whatever there is for it. */
  concerns(found: Package): boolean
  /** Whether a newer version of a package is to be taken. */
  wants(found: Package, available: AvailableVersion): boolean
}

/** A version that a source has. */
export interface AvailableVersion {
  readonly version: string
  /** Version of the source package. */
  readonly sourceVersion: string
}

/** Whether a version repairs a finding. What can't be compared does not. */
export function isFixedBy({ found, fixedIn }: FixableFinding, { sourceVersion }: AvailableVersion): boolean {
  const order = compareVersions(found.type, sourceVersion, fixedIn)
  return !isUnparseable(order) && order >= 0
}

/**
 * Makes a request: what repairs one of the findings, or everything that is newer. Findings that are set aside, name no
 * repaired version, or whose package the inventory does not have, ask for nothing.
 */
export function createPatchRequest(
  { packages }: Inventory,
  {
    findings,
    all,
    only,
  }: {
    readonly findings: readonly Finding[] | undefined
    readonly all: boolean
    readonly only: readonly string[] | undefined
  },
): PatchRequest {
  const names = only && new Set(only)
  const isMeant = ({ name }: Package) => names?.has(name) ?? true
  const byPurl = new Map(packages.map((found) => [found.purl, found]))
  const fixable = (findings ?? []).flatMap((finding): readonly FixableFinding[] => {
    const found = byPurl.get(finding.package.purl)
    if (!found || finding.suppressed || !isMeant(found)) return []
    const fixedIn = finding.fix.suggested ?? highest(found, finding.fix.versions)
    return fixedIn === undefined ? [] : [{ id: finding.id, found, fixedIn }]
  })
  const fixes = new Map<Package, FixableFinding[]>()
  for (const one of fixable) {
    const list = fixes.get(one.found)
    if (list) list.push(one)
    else fixes.set(one.found, [one])
  }
  return {
    findings: fixable,
    concerns: (found) => isMeant(found) && ((all && isOfSystem(found)) || fixes.has(found)),
    wants: (found, available) =>
      isMeant(found) && (all || (fixes.get(found) ?? []).some((one) => isFixedBy(one, available))),
  }
}

const isOfSystem = ({ type }: Package) => type === 'deb' || type === 'apk' || type === 'rpm'

/** Where nobody says which of several versions counts, only the highest is sure to repair it. */
function highest({ type }: Package, versions: readonly string[]): string | undefined {
  let result: string | undefined
  for (const version of versions) {
    const order = result === undefined ? 1 : compareVersions(type, version, result)
    if (isUnparseable(order) || order > 0) result = version
  }
  return result
}
