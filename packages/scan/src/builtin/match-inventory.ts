import { type Distro, type Inventory, isJudgedByOwner, type Package } from '@sallyport/inventory'
import { isCve } from '../advisories/advisory-ids.ts'
import type { AdvisoryIndex } from '../advisories/advisory-index.ts'
import type { Finding } from '../finding.ts'
import { mergeFindings } from '../merge/merge-findings.ts'
import type { ScanGap } from '../scan-report.ts'
import { ecosystemOf } from './ecosystem-of.ts'
import { foreignVendor } from './foreign-vendor.ts'
import { isKernelNotShipped } from './is-kernel-not-shipped.ts'
import { judgePackage } from './judge-package.ts'
import { toFindings } from './to-finding.ts'
import { vulnerabilitiesOfOwner } from './vulnerabilities-of-owner.ts'

/** What matching an inventory gave. */
export interface MatchResult {
  readonly findings: readonly Finding[]
  readonly gaps: readonly ScanGap[]
  /** How many packages could be judged. */
  readonly judged: number
}

/** Options of {@link matchInventory}. */
export interface MatchOptions {
  /** Name under which findings appear. */
  readonly scanner: string
  /** Whether fixes of Ubuntu Pro count as installable. Default `false`. */
  readonly ubuntuPro?: boolean | undefined
  /** Whether to match sources that are built into a package (`Built-Using`). Default `false`. */
  readonly builtUsing?: boolean | undefined
  /** The time by which a distribution's end of life is judged. Default: never at its end. */
  readonly now?: Date | undefined
  readonly signal?: AbortSignal | undefined
}

interface Unjudged {
  readonly gap: ScanGap
  packages: number
}

/**
 * Matches packages with advisories. Packages of a distribution are matched by their source package and its version,
 * as advisories name them, and each binary package gets its own finding. Of a language package that belongs to a
 * package of a distribution counts what the distribution says of a vulnerability in that, since distributions patch without
 * changing the upstream version; where it says nothing, the package is judged by itself.
 */
export function matchInventory(
  inventory: Inventory,
  index: AdvisoryIndex,
  { scanner, ubuntuPro = false, builtUsing = false, now, signal }: MatchOptions,
): MatchResult {
  const { distro } = inventory
  const findings: Finding[] = []
  const notShipped = new Set<string>()
  const gaps: ScanGap[] = inventory.gaps.map(({ code, message, path }) => ({
    code: 'INVENTORY_GAP',
    message: `${code}${path === undefined ? '' : ` at ${path}`}: ${message}`,
  }))
  const unjudged = new Map<string, Unjudged>()
  const owners = new Map<string, () => ReadonlySet<string>>()
  let judged = 0

  const skip = (code: ScanGap['code'], message: string): void => {
    const entry = unjudged.get(message) ?? { gap: { code, message }, packages: 0 }
    entry.packages++
    unjudged.set(message, entry)
  }
  const judge = (pkg: Package): void => {
    signal?.throwIfAborted()
    const spokenOf = isJudgedByOwner(pkg) ? owners.get(pkg.ownedBy!)?.() : undefined
    const ecosystem = ecosystemOf(pkg.type, distro)
    if (!ecosystem.ok) {
      // No advisories name what has only a mark of its version, in whatever hands it is.
      if (spokenOf) judged++
      else skip(ecosystem.code, ecosystem.why)
      return
    }
    if (!ecosystem.names.some((name) => index.count(name) > 0)) {
      if (spokenOf && spokenOf.size > 0) judged++
      else skip('NO_ADVISORIES', `no advisories for ${ecosystem.names[0]}`)
      return
    }
    const vendor = foreignVendor(pkg, distro)
    if (vendor !== undefined)
      return skip(
        'NO_ADVISORIES',
        `packages of ${vendor}, which the advisories of ${distro?.id} are not about`,
      )
    const { hits, unreadable } = judgePackage(pkg, ecosystem, index, { ubuntuPro, builtUsing, spokenOf })
    for (const hit of hits) findings.push(...toFindings(pkg, hit, index, scanner))
    if (isKernelNotShipped(pkg)) notShipped.add(pkg.purl)
    // A distribution's own builds often have no version of their own; it answers for what it looks after.
    if (unreadable.length > 0 && !spokenOf?.size) gaps.push(unparseableGap(pkg, unreadable))
    else judged++
    if (isOfDistro(pkg))
      owners.set(
        pkg.purl,
        once(() => vulnerabilitiesOfOwner(pkg, ecosystem, index)),
      )
  }

  // packages of the distribution first: they decide how the language packages they own are judged
  for (const pkg of inventory.packages) if (isOfDistro(pkg)) judge(pkg)
  for (const pkg of inventory.packages) if (!isOfDistro(pkg)) judge(pkg)

  for (const { gap, packages } of unjudged.values()) {
    gaps.push({
      ...gap,
      message: `${gap.message}; ${packages} ${packages === 1 ? 'package' : 'packages'} not judged`,
    })
  }
  const ended = endOfLife(distro, now)
  if (ended !== undefined && inventory.packages.some(isOfDistro)) gaps.push(ended)
  if (inventory.packages.length === 0)
    gaps.push({ code: 'NO_PACKAGES', message: 'the inventory lists no package' })
  const merged = mergeFindings(findings).map((finding) => ({
    ...finding,
    ...exploitationOf(finding, index),
    ...(notShipped.has(finding.package.purl) ? { note: 'kernel-not-shipped' as const } : {}),
  }))
  return { findings: merged, gaps, judged }
}

/** A release that nobody repairs any more gets no new advisories either: silence then means nothing. */
function endOfLife(distro: Distro | undefined, now: Date | undefined): ScanGap | undefined {
  const last = distro?.support?.extendedEndsOn ?? distro?.support?.endsOn
  if (distro === undefined || now === undefined || last === undefined) return undefined
  if (now.getTime() < Date.parse(last) + 86_400_000) return undefined
  return {
    code: 'DISTRO_END_OF_LIFE',
    message: `${distro.id} ${distro.versionId ?? ''} is at its end of life since ${last}: new vulnerabilities are not reported`,
  }
}

/** What the index knows of exploitation, by the first of the finding's CVEs that it lists. */
function exploitationOf({ id, aliases }: Finding, index: AdvisoryIndex): Pick<Finding, 'kev' | 'epss'> {
  const cves = [id, ...aliases].filter(isCve)
  const kev = first(cves, (cve) => index.kev?.(cve))
  const epss = first(cves, (cve) => index.epss?.(cve))
  return { ...(kev === undefined ? {} : { kev }), ...(epss === undefined ? {} : { epss }) }
}

function first<T>(cves: readonly string[], find: (cve: string) => T | undefined): T | undefined {
  for (const cve of cves) {
    const found = find(cve)
    if (found !== undefined) return found
  }
  return undefined
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

function isOfDistro({ type }: Package): boolean {
  return type === 'deb' || type === 'apk' || type === 'rpm'
}

function unparseableGap(pkg: Package, unreadable: readonly string[]): ScanGap {
  const shown = unreadable.slice(0, 3).join(', ')
  const more = unreadable.length > 3 ? ` and ${unreadable.length - 3} more` : ''
  return {
    code: 'VERSION_UNPARSEABLE',
    message: `${pkg.name} ${pkg.version}: cannot be compared for ${shown}${more}`.slice(0, 1000),
    purl: pkg.purl,
  }
}
