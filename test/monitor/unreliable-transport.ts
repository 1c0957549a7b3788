import type { RegistryEvent } from '@sallyport/monitor'
import type { SeededRandom } from '@sallyport/test-chaos'
import { type News as Sources, shuffle } from './model.ts'
import type { Monitored } from './monitored.ts'
import type { ToldEvent } from './notification-collector.ts'

type News = { readonly entry: ToldEvent } | { readonly event: RegistryEvent }

/** Stands between a registry and a monitor: news come twice, late, in another order, or never. */
export interface UnreliableTransport {
  /** Takes what the registry has told, without what nobody is to hear of, by its mark. */
  take(isLost: (mark: number) => boolean): Promise<void>
  /** Delivers some of what there is; `all` of it in the end. */
  deliver(which: 'some' | 'most' | 'all'): Promise<void>
  /** Deliveries to the monitor, entries that came again among them; lost and repeated ones. */
  readonly counts: { delivered: number; repeated: number; lost: number; late: number }
}

/** Opens one. */
export function openTransport(
  monitored: Monitored,
  random: SeededRandom,
  sources: Sources,
): UnreliableTransport {
  let waiting: { readonly news: News; readonly isLate: boolean }[] = []
  const counts = { delivered: 0, repeated: 0, lost: 0, late: 0 }
  return {
    counts,
    async take(isLost) {
      const { entries, lines } = await monitored.registry.told()
      // What the suite and the monitor do themselves is nobody's news.
      const told = sources === 'lines' ? [] : entries
      const own = told.filter(
        ({ entry: { action, target } }) => action !== 'pull' && !target.repository.startsWith('suite/'),
      )
      const all: { readonly mark: number; readonly news: News }[] = own.map(({ mark, entry }) => ({
        mark,
        news: { entry },
      }))
      for (const mark of new Set(lines.map((line) => line.mark))) {
        const marked = lines.filter((line) => line.mark === mark).map(({ line }) => line)
        for (const event of await monitored.readLines(marked)) {
          if (!event.repository.startsWith('suite/')) all.push({ mark, news: { event } })
        }
      }
      for (const { mark, news } of all) {
        // One line of the log in three is lost where the registry tells of the same by itself.
        if (isLost(mark) || (sources === 'all' && 'event' in news && random.below(3) === 0)) {
          counts.lost++
          continue
        }
        const copies = random.pick([1, 1, 1, 2, 3])
        counts.repeated += copies - 1
        for (let copy = 0; copy < copies; copy++) {
          const isLate = random.next() < 0.1
          if (isLate) counts.late++
          waiting.push({ news, isLate })
        }
      }
    },
    async deliver(which) {
      const share = which === 'some' ? 0.4 : 1
      const chosen = waiting.filter(({ isLate }) =>
        which === 'all' ? true : isLate ? random.next() < 0.1 : random.next() < share,
      )
      waiting = waiting.filter((each) => !chosen.includes(each))
      const shuffled = shuffle(chosen, random).map(({ news }) => news)
      counts.delivered += shuffled.length
      const half = random.below(shuffled.length + 1)
      for (const part of [shuffled.slice(0, half), shuffled.slice(half)]) {
        const entries = part.flatMap((news) => ('entry' in news ? [news.entry] : []))
        if (entries.length > 0) await monitored.post(entries)
        await monitored.monitor.ingest(part.flatMap((news) => ('event' in news ? [news.event] : [])))
      }
    },
  }
}
