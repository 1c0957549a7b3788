import { type Finding, vulnerabilitiesOf } from '@sallyport/scan'
import type { WaiverState } from '../decision.ts'
import {
  compareScope,
  compileScope,
  describeMiss,
  missDistance,
  narrowness,
  type WaivedImage,
} from './compare-scope.ts'
import { compareText } from '../compare-text.ts'
import { whyVoid } from './judge-waiver.ts'
import {
  describeEntries,
  makeEntries,
  type WaiverEntry,
  type WaiverSetting,
  whyNotInForce,
} from './waiver-entry.ts'
import { type PurlParts, readPurl } from './read-purl.ts'
import type { WaiverFile } from './waiver.ts'

/** Options of {@link openWaivers}. */
export interface OpenWaiversOptions extends WaiverSetting {
  readonly image: WaivedImage
}

/** What waivers say of one finding. */
export interface WaiverMatch {
  /** The narrowest waiver that covers it and is in force. */
  readonly waivedBy?: string | undefined
  /** Without one: the waiver that came closest, and all that is in its way. */
  readonly nearMiss?: { readonly waiver: string; readonly why: string } | undefined
}

/** Waivers as they stand in one tier, at one time, for one image. */
export interface WaiverBook {
  match(finding: Finding): WaiverMatch
  /** State of each waiver of the tier, by id, once all findings were matched. */
  states(): readonly WaiverState[]
}

/** A waiver that names the vulnerability and is no match. */
interface Near {
  readonly waiver: string
  readonly distance: number
  readonly why: () => string
}

/**
 * Opens waivers to match the findings of one image with. The order of files, waivers and findings changes nothing.
 *
 * @throws {PolicyError} `POLICY_INVALID` when two waivers have the same id.
 */
export function openWaivers(files: readonly WaiverFile[], options: OpenWaiversOptions): WaiverBook {
  const { tier, image } = options
  const entries = makeEntries(files, options)
  const find = createLookup(entries)
  const purls = new Map<string, PurlParts | undefined>()

  const judge = (entry: WaiverEntry, finding: Finding, found: PurlParts | undefined): Near | 'covers' => {
    const { waiver, otherTier, tooWide, expired } = entry
    const scope = compileScope(waiver.scope)
    const misses = compareScope(scope, finding, found, image)
    const voided = whyVoid(waiver, finding)
    entry.named++
    if (misses.length === 0) {
      entry.covered++
      if (voided !== undefined) entry.voided = firstByText(entry.voided, voided)
      else if (!otherTier && tooWide === undefined && !expired) return 'covers'
    }
    return {
      waiver: waiver.id,
      distance:
        misses.reduce((sum, miss) => sum + missDistance[miss], 0) +
        (otherTier ? 4 : 0) +
        [tooWide, expired || undefined, voided].filter((reason) => reason !== undefined).length,
      why: () =>
        [
          ...misses.map((miss) => describeMiss(miss, scope)),
          ...whyNotInForce(entry, tier.name),
          ...(voided === undefined ? [] : [voided]),
        ].join('; '),
    }
  }

  return {
    match(finding) {
      const candidates = find(finding)
      if (candidates.length === 0) return {}
      const { purl } = finding.package
      if (!purls.has(purl)) purls.set(purl, readPurl(purl))
      const covering: WaiverEntry[] = []
      let nearest: Near | undefined
      for (const entry of candidates) {
        const result = judge(entry, finding, purls.get(purl))
        if (result === 'covers') covering.push(entry)
        else if (nearest === undefined || result.distance < nearest.distance) nearest = result
      }
      if (covering.length > 0) return applyTogether(covering, finding)
      return nearest ? { nearMiss: { waiver: nearest.waiver, why: nearest.why() } } : {}
    },
    states: () => describeEntries(entries, options),
  }
}

/** Waivers that cover a finding take it out of the count when they name all that was joined into it. */
function applyTogether(covering: readonly WaiverEntry[], finding: Finding): WaiverMatch {
  const all = vulnerabilitiesOf(finding)
  const isNamed = (id: string, { waiver }: WaiverEntry): boolean => {
    const named = waiver.vulnerability.toUpperCase()
    // What is none of several CVEs stands for all of them.
    return all.length === 1 || named === id || !all.includes(named)
  }
  const needed = new Set<WaiverEntry>()
  const missing: string[] = []
  for (const id of all) {
    const found = covering.find((entry) => isNamed(id, entry))
    if (found) needed.add(found)
    else missing.push(id)
  }
  const first = covering[0]!.waiver.id
  if (missing.length > 0) {
    const why = `the finding is ${missing.join(', ')} as well, which no waiver covers`
    for (const entry of covering) entry.voided = firstByText(entry.voided, why)
    return { nearMiss: { waiver: first, why } }
  }
  for (const entry of covering) {
    if (needed.has(entry)) entry.applied++
    else entry.shadowedBy = firstByText(entry.shadowedBy, first)
  }
  return { waivedBy: first }
}

/** Finds the waivers for any id of a finding, in any case of letters, narrowest first. */
function createLookup(entries: readonly WaiverEntry[]): (finding: Finding) => readonly WaiverEntry[] {
  const byId = new Map<string, { readonly entries: WaiverEntry[]; sorted: boolean }>()
  // Most ids have no waiver, and are told by this before any text is made of them.
  const marks = new Uint8Array(0x10000)
  for (const entry of entries) {
    const id = entry.waiver.vulnerability.toUpperCase()
    const shelf = byId.get(id)
    if (shelf) shelf.entries.push(entry)
    else byId.set(id, { entries: [entry], sorted: false })
    marks[markOf(id)] = 1
  }
  // Sorting parses purls, and most waivers meet no finding.
  const take = (id: string): readonly WaiverEntry[] | undefined => {
    if (marks[markOf(id)] === 0) return undefined
    const shelf = byId.get(id.toUpperCase())
    if (shelf && !shelf.sorted) {
      shelf.entries.sort(byNarrowness)
      shelf.sorted = true
    }
    return shelf?.entries
  }
  return ({ id, aliases }) => {
    let found = take(id)
    for (const alias of aliases) {
      const more = take(alias)
      if (more === undefined || more === found) continue
      found = found === undefined ? more : [...new Set([...found, ...more])].sort(byNarrowness)
    }
    return found ?? []
  }
}

/** A number of 16 bits that ids share which differ in the case of letters only. */
function markOf(id: string): number {
  let mark = id.length
  for (let at = Math.max(0, id.length - 5); at < id.length; at++) {
    mark = (mark * 31 + (id.charCodeAt(at) & 0xdf)) & 0xffff
  }
  return mark
}

function byNarrowness(a: WaiverEntry, b: WaiverEntry): number {
  const other = narrowness(compileScope(b.waiver.scope))
  for (const [index, value] of narrowness(compileScope(a.waiver.scope)).entries()) {
    if (value !== other[index]) return other[index]! - value
  }
  return compareText(a.waiver.id, b.waiver.id)
}

function firstByText(known: string | undefined, text: string): string {
  return known === undefined || text < known ? text : known
}
