import type { Digest } from '@sallyport/core'
import { HardenError } from '../errors.ts'
import { toContainerPath } from './container-path.ts'
import type { ReadEvidenceOptions } from './evidence-source.ts'
import type { EvidenceGap, EvidenceOperation, EvidenceRecord, UsageEvidence } from './usage-evidence.ts'

/** One event of a recording. */
export interface SeenPath {
  readonly path: string
  readonly operation: EvidenceOperation
  readonly process?: string | undefined
  /** Default `true`. */
  readonly exact?: boolean | undefined
}

/** Gathers the events of a recording, each path and operation once. */
export interface RecordCollector {
  add(seen: SeenPath): void
  addMissing(path: string): void
  addGap(code: EvidenceGap['code'], message: string): void
  /** The image that an event names. */
  addImage(digest: Digest): void
  /** The time of an event, in milliseconds since the epoch. */
  addTime(time: number): void
  finish(observes: UsageEvidence['observes']): UsageEvidence
}

const maxPathLength = 4096
const maxGapKinds = 100

/** Makes a collector with the options that all readers share. */
export function createRecordCollector(
  source: string,
  {
    images = [],
    coverage = 'partial',
    from,
    to,
    roots,
    limits: { maxPaths = 500_000 } = {},
  }: ReadEvidenceOptions,
): RecordCollector {
  const records = new Map<string, { -readonly [Key in keyof EvidenceRecord]: EvidenceRecord[Key] }>()
  const missing = new Set<string>()
  const gaps = new Map<string, { code: EvidenceGap['code']; message: string; count: number }>()
  const named = new Set<Digest>()
  let first: number | undefined
  let last: number | undefined
  const inside = (path: string): string | undefined => {
    // The kernel's own, and what no path of an image can be.
    if (path.length > maxPathLength || path.includes('\0')) return undefined
    const own = toContainerPath(path, roots)
    return own === undefined || !own.startsWith('/') || /^\/(?:proc|sys|dev)\//.test(own) ? undefined : own
  }
  const checkSize = (): void => {
    if (records.size + missing.size <= maxPaths) return
    throw new HardenError(
      'LIMIT_EXCEEDED',
      `${source}: more than ${maxPaths} different paths; give a recording of one container`,
    )
  }
  return {
    add({ path, operation, process, exact = true }) {
      // A name without its beginning may be anywhere.
      const own = !exact && path.startsWith('/*/') ? path : inside(path)
      if (own === undefined) {
        const start = exact ? undefined : path.replace(/\*$/, '')
        if (start !== undefined && roots?.some((root) => root.startsWith(start)))
          this.addGap('UNREADABLE', 'names that are cut off before they are below a root')
        return
      }
      const key = `${operation} ${exact ? '=' : '~'}${own}`
      const known = records.get(key)
      if (known) {
        known.count++
        return
      }
      records.set(key, { path: own, operation, process: process?.slice(0, 64), count: 1, exact })
      checkSize()
    },
    addMissing(path) {
      const own = inside(path)
      if (own === undefined) return
      missing.add(own)
      checkSize()
    },
    addGap(code, message) {
      const known = gaps.get(message)
      if (known) known.count++
      else if (gaps.size < maxGapKinds) gaps.set(message, { code, message, count: 1 })
    },
    addImage: (digest) => void named.add(digest),
    addTime(time) {
      if (!Number.isFinite(time)) return
      if (first === undefined || time < first) first = time
      if (last === undefined || time > last) last = time
    },
    finish(observes) {
      if (images.length === 0 && named.size > 1)
        throw new HardenError(
          'EVIDENCE_INVALID',
          `${source}: events of ${named.size} images (${[...named].slice(0, 3).join(', ')} …); select one with \`images\` or \`container\``,
        )
      return {
        source,
        images: [...(named.size > 0 ? named : images)],
        from: first === undefined ? from : toTime(first),
        to: last === undefined ? to : toTime(last),
        coverage: gaps.size > 0 ? 'partial' : coverage,
        observes,
        records: [...records.values()].sort((one, other) => compareText(keyOf(one), keyOf(other))),
        missing: [...missing].sort(compareText),
        gaps: [...gaps.values()],
      }
    },
  }
}

const keyOf = ({ path, operation, exact }: EvidenceRecord) => `${path}\0${operation}\0${exact}`
const compareText = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)

function toTime(time: number): string | undefined {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
