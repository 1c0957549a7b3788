import type { Clock } from '@sallyport/core'

/** Counts failed sign-ins by address. */
export interface FailedSignIns {
  /** Seconds to wait; 0: it may try. */
  waitOf(address: string): number
  note(address: string): void
}

const windowMs = 60_000
const maxAddresses = 1000
/** Stands for all addresses beyond those that are counted one by one. */
const others = ''

/** After `most` failures within a minute, an address waits until that minute is over. */
export function createFailedSignIns({
  clock,
  most,
}: {
  readonly clock: Clock
  readonly most: number
}): FailedSignIns {
  const failures = new Map<string, { since: number; count: number }>()
  const find = (address: string) => {
    const found = failures.get(address)
    return found && clock.now().getTime() - found.since < windowMs ? found : undefined
  }
  const placeOf = (address: string) =>
    failures.has(address) || failures.size < maxAddresses ? address : others
  return {
    waitOf(address) {
      const found = find(placeOf(address))
      if (!found || found.count < most) return 0
      return Math.ceil((found.since + windowMs - clock.now().getTime()) / 1000)
    },
    note(address) {
      for (const key of failures.keys()) if (!find(key)) failures.delete(key)
      const place = placeOf(address)
      const found = find(place)
      if (found) found.count += 1
      else failures.set(place, { since: clock.now().getTime(), count: 1 })
    },
  }
}
