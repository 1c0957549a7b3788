import { isIPv6 } from 'node:net'
import type { Clock } from '@sallyport/core'

/** Counts failed sign-ins by address; those of one /64 of IPv6, which are as good as one, are counted together. */
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
  const placeOf = (address: string) => {
    const network = networkOf(address)
    return failures.has(network) || failures.size < maxAddresses ? network : others
  }
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

/** The first four groups of an address of IPv6; any other as it is. */
function networkOf(address: string): string {
  const [plain = ''] = address.split('%')
  if (!isIPv6(plain) || plain.includes('.')) return address
  const [first = [], last = []] = plain
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''))
  const zeros = Array<string>(8 - first.length - last.length).fill('0')
  return [...first, ...zeros, ...last]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16))
    .join(':')
}
