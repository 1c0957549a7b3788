import type { RegistryEvent } from '../event/registry-event.ts'
import type { KnownSource } from '../ports/monitor-state.ts'

const maxHoles = 100
/** Of more sources nothing is noted: an event may call its registry whatever it likes. */
const maxSources = 1000

/** Keeps the count of each source; what is missing in it is a gap. */
export interface SourceWatch {
  /** Notes events, and gives what is to be kept of their sources. */
  note(events: readonly RegistryEvent[], now: Date): readonly KnownSource[]
  /** Takes out holes that were noticed before an instant. */
  takeHoles(before: Date): readonly { readonly source: KnownSource; readonly missing: number }[]
  list(): readonly KnownSource[]
}

/** Watches the counts of sources, from what was known of them. */
export function watchSources(known: readonly KnownSource[]): SourceWatch {
  const all = new Map(known.map((each) => [nameOf(each), each]))
  return {
    note(events, now) {
      const changed = new Set<string>()
      for (const { source, registry, sequence } of events) {
        const name = nameOf({ source, registry })
        if (!all.has(name) && all.size >= maxSources) continue
        const before = all.get(name) ?? { source, registry, lastAt: '', holes: [] }
        const counted = sequence === undefined ? before : count(before, sequence, now)
        all.set(name, { ...counted, lastAt: now.toISOString() })
        changed.add(name)
      }
      return [...changed].map((name) => all.get(name)!)
    },
    takeHoles(before) {
      const limit = before.toISOString()
      const taken: { source: KnownSource; missing: number }[] = []
      for (const [name, source] of all) {
        const old = source.holes.filter(([, , at]) => at <= limit)
        if (old.length === 0) continue
        const rest = { ...source, holes: source.holes.filter(([, , at]) => at > limit) }
        all.set(name, rest)
        taken.push({ source: rest, missing: old.reduce((sum, [from, to]) => sum + to - from + 1, 0) })
      }
      return taken
    },
    list: () => [...all.values()],
  }
}

/** A number that is late fills its hole. */
function count(source: KnownSource, sequence: number, now: Date): KnownSource {
  const { highest, holes } = source
  if (highest === undefined) return { ...source, highest: sequence }
  if (sequence > highest) {
    const added = sequence > highest + 1 ? [[highest + 1, sequence - 1, now.toISOString()] as const] : []
    return { ...source, highest: sequence, holes: [...holes, ...added].slice(-maxHoles) }
  }
  return {
    ...source,
    holes: holes.flatMap(([from, to, at]) => {
      if (sequence < from || sequence > to) return [[from, to, at] as const]
      const parts = [[from, sequence - 1, at] as const, [sequence + 1, to, at] as const]
      return parts.filter(([from, to]) => from <= to)
    }),
  }
}

const nameOf = ({ source, registry }: { readonly source: string; readonly registry: string }) =>
  JSON.stringify([source, registry])
