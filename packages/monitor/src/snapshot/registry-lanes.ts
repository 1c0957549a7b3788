import pLimit from 'p-limit'
import type { WatchedPlace } from '../run/monitor-options.ts'

/** Looks at repositories, of each registry one after the other, and registries beside each other. */
export interface RegistryLanes {
  /** Has a repository looked at, unless its registry is being looked at by others; whether it is. */
  add(place: WatchedPlace): boolean
  /** Resolves once all were looked at. Rejects as a look does; what had not begun by then is left alone. */
  end(): Promise<void>
}

interface Lane {
  readonly places: WatchedPlace[]
  next: number
  work?: Promise<void> | undefined
}

const registriesAtOnce = 16

/**
 * Opens lanes.
 *
 * @param busy Registries that are being looked at, in other lanes as well.
 */
export function openRegistryLanes(
  look: (place: WatchedPlace) => Promise<void>,
  busy: Set<string>,
): RegistryLanes {
  const limit = pLimit(registriesAtOnce)
  const lanes = new Map<string, Lane>()
  const failures: unknown[] = []

  const drain = async (lane: Lane): Promise<void> => {
    try {
      while (lane.next < lane.places.length && failures.length === 0)
        await limit(() => look(lane.places[lane.next++]!))
    } catch (error) {
      failures.push(error)
    }
    lane.work = undefined
  }
  return {
    add(place) {
      const lane = lanes.get(place.registry) ?? { places: [], next: 0 }
      if (!lanes.has(place.registry)) {
        if (busy.has(place.registry)) return false
        busy.add(place.registry)
        lanes.set(place.registry, lane)
      }
      lane.places.push(place)
      lane.work ??= drain(lane)
      return true
    },
    async end() {
      const ended = [...lanes].map(async ([registry, lane]) => {
        await lane.work
        busy.delete(registry)
      })
      await Promise.all(ended)
      if (failures.length > 0) throw failures[0]
    },
  }
}
