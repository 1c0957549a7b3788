import type { Inventory, Package } from '@sallyport/inventory'
import type { AdvisoryIndex } from '../advisories/advisory-index.ts'
import { evaluateAffected } from '../advisories/evaluate-affected.ts'
import type { Finding } from '../finding.ts'
import { mergeFindings } from '../merge/merge-findings.ts'
import type { ScanGap } from '../scan-report.ts'
import { ecosystemOf } from './ecosystem-of.ts'
import { toFindings } from './to-finding.ts'

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
  readonly signal?: AbortSignal | undefined
}

interface Unjudged {
  readonly gap: ScanGap
  packages: number
}

/**
 * Matches packages with advisories. Packages of a distribution are matched by their source package and its version,
 * as advisories name them, and each binary package gets its own finding. A language package that belongs to a
 * package of a distribution with advisories is judged through that, since distributions patch without changing
 * the upstream version.
 */
export function matchInventory(
  inventory: Inventory,
  index: AdvisoryIndex,
  { scanner, signal }: MatchOptions,
): MatchResult {
  const findings: Finding[] = []
  const gaps: ScanGap[] = inventory.gaps.map(({ code, message, path }) => ({
    code: 'INVENTORY_GAP',
    message: `${code}${path === undefined ? '' : ` at ${path}`}: ${message}`,
  }))
  const unjudged = new Map<string, Unjudged>()
  const coveredOwners = new Set<string>()
  let judged = 0

  const skip = (code: ScanGap['code'], message: string): void => {
    const entry = unjudged.get(message) ?? { gap: { code, message }, packages: 0 }
    entry.packages++
    unjudged.set(message, entry)
  }
  const judge = (pkg: Package): void => {
    signal?.throwIfAborted()
    if (pkg.ownedBy !== undefined && coveredOwners.has(pkg.ownedBy)) {
      judged++
      return
    }
    const ecosystem = ecosystemOf(pkg.type, inventory.distro)
    if (!ecosystem.ok) return skip(ecosystem.code, ecosystem.why)
    if (index.count(ecosystem.name) === 0) return skip('NO_ADVISORIES', `no advisories for ${ecosystem.name}`)
    const { name, version } = pkg.source ?? pkg
    const unreadable: string[] = []
    for (const base of [ecosystem.name, ecosystem.base]) {
      for (const entry of base === undefined ? [] : index.find(base, name)) {
        const evaluation = evaluateAffected(pkg.type, version, entry.affected)
        if (evaluation.status === 'affected') {
          findings.push(...toFindings(pkg, entry, evaluation, index, scanner))
        } else if (evaluation.status === 'unknown') {
          unreadable.push(`${entry.record.id} (${evaluation.unparseable})`)
        }
      }
    }
    if (unreadable.length > 0) gaps.push(unparseableGap(pkg, version, unreadable))
    else judged++
    if (pkg.type === 'deb' || pkg.type === 'apk') coveredOwners.add(pkg.purl)
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
  if (inventory.packages.length === 0)
    gaps.push({ code: 'NO_PACKAGES', message: 'the inventory lists no package' })
  return { findings: mergeFindings(findings), gaps, judged }
}

function isOfDistro({ type }: Package): boolean {
  return type === 'deb' || type === 'apk' || type === 'rpm'
}

function unparseableGap(pkg: Package, version: string, unreadable: readonly string[]): ScanGap {
  const shown = unreadable.slice(0, 3).join(', ')
  const more = unreadable.length > 3 ? ` and ${unreadable.length - 3} more` : ''
  return {
    code: 'VERSION_UNPARSEABLE',
    message: `${pkg.name} ${version}: cannot be compared for ${shown}${more}`.slice(0, 1000),
    purl: pkg.purl,
  }
}
