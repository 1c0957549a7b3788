import { isIP } from 'node:net'

/** An IP address in its shortest form (RFC 5952), IPv4 inside of IPv6 as IPv4; `undefined` for anything else. */
export function normalizeAddress(text: string): string | undefined {
  const version = isIP(text)
  if (version === 4) return text
  if (version !== 6 || text.includes('%')) return undefined
  const short = new URL(`http://[${text}]/`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short)
  if (!mapped) return short
  const number = Number.parseInt(mapped[1]!, 16) * 65_536 + Number.parseInt(mapped[2]!, 16)
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')
}

/** The network of an address that its neighbours share: /24 of IPv4, /64 of IPv6. `undefined` for no IP address. */
export function networkOf(address: string): string | undefined {
  const version = isIP(address)
  if (version === 4) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`
  if (version !== 6) return undefined
  const [head = '', tail] = address.split('::') as [string, string | undefined]
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups =
    tail === undefined
      ? first
      : [...first, ...Array<string>(8 - first.length - last.length).fill('0'), ...last]
  return `${normalizeAddress(`${groups.slice(0, 4).join(':')}::`)}/64`
}

/** A port; `undefined` for anything else. */
export function toPort(value: number | undefined): number | undefined {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value <= 65_535 ? value : undefined
}

/** A DNS name as it is compared; `undefined` for what is none. */
export function normalizeName(name: string | undefined): string | undefined {
  const text = name?.toLowerCase().replace(/\.$/, '')
  return text !== undefined && text.length <= 253 && /^[a-z0-9_*]([a-z0-9_.*-]*[a-z0-9_])?$/.test(text)
    ? text
    : undefined
}
