import { BlockList, isIP } from 'node:net'

/** How far an address reaches. A name that is not `localhost` counts as public: it isn't resolved here. */
export type AddressScope = 'public' | 'private' | 'loopback' | 'link-local'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addSubnet('0.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')
loopback.addAddress('::', 'ipv6')

/** Also what is no single host, and where clouds keep their metadata outside of the link-local ranges. */
const linkLocal = new BlockList()
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4')
linkLocal.addSubnet('fe80::', 10, 'ipv6')
linkLocal.addSubnet('224.0.0.0', 3, 'ipv4')
linkLocal.addSubnet('ff00::', 8, 'ipv6')
linkLocal.addAddress('fd00:ec2::254', 'ipv6')
linkLocal.addAddress('fd20:ce::254', 'ipv6')
linkLocal.addAddress('100.100.100.200', 'ipv4')
linkLocal.addAddress('168.63.129.16', 'ipv4')
linkLocal.addAddress('192.0.0.192', 'ipv4')

const privateUse = new BlockList()
privateUse.addSubnet('10.0.0.0', 8, 'ipv4')
privateUse.addSubnet('172.16.0.0', 12, 'ipv4')
privateUse.addSubnet('192.168.0.0', 16, 'ipv4')
privateUse.addSubnet('100.64.0.0', 10, 'ipv4')
privateUse.addSubnet('fc00::', 7, 'ipv6')
privateUse.addSubnet('fec0::', 10, 'ipv6')

/** IPv6 ranges that lead to the IPv4 address within, and where in the 128 bits that begins (RFC 6052, 3056, 4291). */
const embedding = [
  ['64:ff9b::', 96, 6],
  ['64:ff9b:1::', 48, 6],
  ['::', 96, 6],
  ['2002::', 16, 1],
].map(([network, prefix, group]) => {
  const range = new BlockList()
  range.addSubnet(network as string, prefix as number, 'ipv6')
  return { range, group: group as number }
})

/** The scope of an address or a URL's host name (IPv6 with or without brackets and zone). */
export function addressScope(hostname: string): AddressScope {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (host === 'localhost' || host.endsWith('.localhost')) return 'loopback'
  const version = isIP(host)
  if (version === 0) return 'public'
  const family = version === 4 ? 'ipv4' : 'ipv6'
  if (loopback.check(host, family)) return 'loopback'
  if (linkLocal.check(host, family)) return 'link-local'
  if (privateUse.check(host, family)) return 'private'
  if (family === 'ipv6') {
    const embedded = embedding.find(({ range }) => range.check(host, family))
    if (embedded !== undefined) return addressScope(embeddedAddress(host, embedded.group))
  }
  return 'public'
}

function embeddedAddress(host: string, group: number): string {
  // The URL parser writes any spelling of an IPv6 address in the same way.
  const [head = '', tail] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right]
    .slice(group, group + 2)
    .map((text) => Number.parseInt(text, 16))
    .flatMap((bits) => [bits >> 8, bits & 255])
    .join('.')
}

const nearness: Readonly<Record<AddressScope, number>> = {
  public: 0,
  private: 1,
  loopback: 2,
  'link-local': 3,
}

/** The one of two scopes that is further from us. */
export function furtherScope(one: AddressScope, other: AddressScope): AddressScope {
  return nearness[one] <= nearness[other] ? one : other
}

/** Whether a server at an address of scope `from` may send us on to another host at one of scope `to`. */
export function mayReach(from: AddressScope, to: AddressScope): boolean {
  return to !== 'link-local' && nearness[to] <= nearness[from]
}

/**
 * Whether a server at `from` may send us on to `to` (redirect, upload location, token realm): never from https to
 * http, never to something nearer to us than itself (a public registry must not make us ask our own network), and
 * never to another link-local address, where cloud metadata lives. Names are checked again when they are resolved.
 *
 * @param fromScope where `from` is, when that is known better than from its name.
 */
export function mayLead(from: URL, to: URL, fromScope: AddressScope = addressScope(from.hostname)): boolean {
  if (to.protocol !== 'https:' && to.protocol !== 'http:') return false
  if (from.protocol === 'https:' && to.protocol === 'http:') return false
  if (to.username !== '' || to.password !== '') return false
  return from.hostname === to.hostname || mayReach(fromScope, addressScope(to.hostname))
}
