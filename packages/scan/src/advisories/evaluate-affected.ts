import type { PackageType } from '@sallyport/inventory'
import { compareSemver } from '../version/compare-semver.ts'
import { compareVersions } from '../version/compare-versions.ts'
import { isUnparseable, type UnparseableVersion, type VersionOrder } from '../version/version-order.ts'
import { extensionOf } from './advisory-extension.ts'
import type { OsvAffected, OsvRange } from './osv.schema.ts'

/** Whether a version is affected, or why that cannot be said. */
export type Evaluation =
  | {
      /** The version is in a range, or listed. */
      readonly status: 'affected'
      /** The first version without it, by the range that the version is in. */
      readonly fixedIn?: string | undefined
      /** The last version with it, where the range says that instead. */
      readonly lastAffected?: string | undefined
    }
  | { readonly status: 'not-affected' }
  | { readonly status: 'unknown'; readonly unparseable: string }

type Compare = (a: string, b: string) => VersionOrder | UnparseableVersion

/**
 * Evaluates one `affected` entry for a version, as the OSV schema's section "Evaluation" says: the version is listed,
 * or lies in a range; unless our extension says that it is not. `GIT` ranges are left out, since packages carry versions, not commits. A version or event that
 * cannot be read gives `unknown` unless another part of the entry says `affected` for certain, and so does an entry that
 * names no version.
 */
export function evaluateAffected(type: PackageType, version: string, affected: OsvAffected): Evaluation {
  const compare: Compare = (a, b) => compareVersions(type, a, b)
  const { except = [], status } = extensionOf(affected)
  if (status === 'not-affected' || except.some((entry) => compare(entry, version) === 0))
    return { status: 'not-affected' }
  let unknown: Evaluation | undefined
  let inRange: Evaluation | undefined
  for (const range of affected.ranges ?? []) {
    if (range.type === 'GIT') continue
    const result =
      range.type === 'SEMVER'
        ? evaluateRange(version, inFull(range), compareSemverOrGo(type))
        : evaluateRange(version, semverTypes.has(type) ? inFull(range) : range, compare)
    if (result.status === 'unknown') unknown ??= result
    if (result.status === 'affected' && (inRange === undefined || hasFix(result))) inRange = result
  }
  if (inRange !== undefined) return inRange
  const { versions } = affected
  // commits, or nothing at all: this may be about any version
  if (!versions?.length && !affected.ranges?.some(({ type: own }) => own !== 'GIT')) {
    return { status: 'unknown', unparseable: 'no version named' }
  }
  const listed = (versions ?? []).some((entry) => entry === version || compare(entry, version) === 0)
  // what is listed alone says nothing of later versions, as "last affected" does
  if (listed)
    return { status: 'affected', fixedIn: nextFix(version, affected, compare), lastAffected: version }
  return unknown ?? { status: 'not-affected' }
}

const semverTypes: ReadonlySet<PackageType> = new Set(['npm', 'cargo'])

/** Advisories of GitHub name versions short that Semantic Versioning needs in full: `6.0` is where `6.0.0` is. */
function inFull(range: OsvRange): OsvRange {
  const write = (version: string | undefined) =>
    version === undefined || version === '0' || !/^\d+(?:\.\d+)?$/.test(version)
      ? version
      : version.includes('.')
        ? `${version}.0`
        : `${version}.0.0`
  const isShort = (version: string | undefined) => write(version) !== version
  if (!range.events.some((event) => [event.introduced, event.fixed, event.last_affected].some(isShort)))
    return range
  return {
    ...range,
    events: range.events.map((event) => ({
      ...event,
      introduced: write(event.introduced),
      fixed: write(event.fixed),
      last_affected: write(event.last_affected),
    })),
  }
}

/** SEMVER ranges are ordered by Semantic Versioning whatever the ecosystem; Go's toolchain spelling is translated. */
function compareSemverOrGo(type: PackageType): Compare {
  return type === 'golang' ? (a, b) => compareVersions('golang', a, b) : compareSemver
}

function hasFix(result: Evaluation): boolean {
  return result.status === 'affected' && result.fixedIn !== undefined
}

interface Event {
  readonly kind: 'introduced' | 'fixed' | 'last_affected'
  readonly version: string
}

function evaluateRange(version: string, range: OsvRange, compare: Compare): Evaluation {
  let failed: string | undefined
  const order = (a: string, b: string): VersionOrder => {
    const result = compare(a, b)
    if (!isUnparseable(result)) return result
    failed ??= result.unparseable
    return 0
  }
  const limits = range.events.flatMap((event) => event.limit ?? [])
  const belowLimit =
    limits.length === 0 || limits.some((limit) => limit === '*' || order(version, limit) === -1)
  const events = sortEvents(range, order)
  let affected = false
  let fixedIn: string | undefined
  let lastAffected: string | undefined
  for (const event of events) {
    const position = isStart(event) ? 1 : order(version, event.version)
    if (event.kind === 'introduced' && position >= 0) affected = true
    else if (event.kind === 'fixed' && position >= 0) affected = false
    else if (event.kind === 'last_affected' && position > 0) affected = false
    else if (event.kind === 'fixed' && affected) fixedIn ??= event.version
    else if (event.kind === 'last_affected' && affected) lastAffected ??= event.version
  }
  if (failed !== undefined) return { status: 'unknown', unparseable: failed }
  return affected && belowLimit ? { status: 'affected', fixedIn, lastAffected } : { status: 'not-affected' }
}

function isStart(event: Event): boolean {
  return event.kind === 'introduced' && event.version === '0'
}

function sortEvents(range: OsvRange, order: (a: string, b: string) => VersionOrder): readonly Event[] {
  const events = range.events.flatMap((event): Event[] => {
    if (event.introduced !== undefined) return [{ kind: 'introduced', version: event.introduced }]
    if (event.fixed !== undefined) return [{ kind: 'fixed', version: event.fixed }]
    if (event.last_affected !== undefined) return [{ kind: 'last_affected', version: event.last_affected }]
    return []
  })
  // a range must say where it starts; one that does not is taken to cover everything up to its end
  if (!events.some(({ kind }) => kind === 'introduced')) events.push({ kind: 'introduced', version: '0' })
  // the commonest record: from the start, with or without an end
  if (events.length <= 2 && events[0] !== undefined && isStart(events[0])) return events
  return events.sort((a, b) => {
    if (isStart(a) || isStart(b)) return Number(isStart(b)) - Number(isStart(a))
    // at one version, "last affected" closes what "introduced" opened; other ties keep the record's order
    return (
      order(a.version, b.version) || Number(a.kind === 'last_affected') - Number(b.kind === 'last_affected')
    )
  })
}

/** The lowest fix above a version that is only listed, not in a range. */
function nextFix(version: string, affected: OsvAffected, compare: Compare): string | undefined {
  const later = (affected.ranges ?? [])
    .filter((range) => range.type !== 'GIT')
    .flatMap((range) => range.events.flatMap((event) => event.fixed ?? []))
    .filter((fixed) => compare(fixed, version) === 1)
  return later.sort((a, b) => {
    const order = compare(a, b)
    return isUnparseable(order) ? 0 : order
  })[0]
}
