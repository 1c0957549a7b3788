import { BlockList, isIP } from 'node:net'

/** How far an address reaches. A name that is not `localhost` counts as public: it isn't resolved here. */
export type AddressScope = 'public' | 'private' | 'loopback' | 'link-local'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addSubnet('0.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')
loopback.addAddress('::', 'ipv6')

const linkLocal = new BlockList()
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4')
linkLocal.addSubnet('fe80::', 10, 'ipv6')

const privateUse = new BlockList()
privateUse.addSubnet('10.0.0.0', 8, 'ipv4')
privateUse.addSubnet('172.16.0.0', 12, 'ipv4')
privateUse.addSubnet('192.168.0.0', 16, 'ipv4')
privateUse.addSubnet('100.64.0.0', 10, 'ipv4')
privateUse.addSubnet('fc00::', 7, 'ipv6')

/** The scope of a URL's host name (IPv6 with or without brackets). */
export function addressScope(hostname: string): AddressScope {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (host === 'localhost' || host.endsWith('.localhost')) return 'loopback'
  const version = isIP(host)
  if (version === 0) return 'public'
  const family = version === 4 ? 'ipv4' : 'ipv6'
  if (loopback.check(host, family)) return 'loopback'
  if (linkLocal.check(host, family)) return 'link-local'
  if (privateUse.check(host, family)) return 'private'
  return 'public'
}

const nearness: Readonly<Record<AddressScope, number>> = {
  public: 0,
  private: 1,
  loopback: 2,
  'link-local': 3,
}

/**
 * Whether a server at `from` may send us on to `to` (redirect, upload location, token realm): never from https to
 * http, never to something nearer to us than itself (a public registry must not make us ask our own network), and
 * never to another link-local address, where cloud metadata lives.
 */
export function mayLead(from: URL, to: URL): boolean {
  if (to.protocol !== 'https:' && to.protocol !== 'http:') return false
  if (from.protocol === 'https:' && to.protocol === 'http:') return false
  if (to.username !== '' || to.password !== '') return false
  if (from.hostname === to.hostname) return true
  const target = addressScope(to.hostname)
  return target !== 'link-local' && nearness[target] <= nearness[addressScope(from.hostname)]
}
