import { BlockList, isIP } from 'node:net'
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici'
import type { ServiceOptions } from './service-options.ts'

const near = new BlockList()
near.addSubnet('127.0.0.0', 8, 'ipv4')
near.addAddress('::1', 'ipv6')
/** Where clouds serve the identity of a machine. */
const linkLocal = new BlockList()
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4')
linkLocal.addSubnet('fe80::', 10, 'ipv6')

function isIn(list: BlockList, hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  const version = isIP(host)
  return version !== 0 && list.check(host, version === 4 ? 'ipv4' : 'ipv6')
}

/** Whether a host is this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || isIn(near, hostname)
}

/** Whether a host is a metadata service of the machine's cloud, which speaks HTTP over a link of its own. */
export function isMetadataService(hostname: string): boolean {
  return hostname === 'metadata.google.internal' || isIn(linkLocal, hostname)
}

/** Connections for one request: direct to this machine and its metadata service, else by the environment's proxy. */
export function createServiceDispatcher(
  url: URL,
  proxyEnvironment: Exclude<ServiceOptions['proxyEnvironment'], undefined>,
): Dispatcher {
  if (proxyEnvironment === false || isLoopback(url.hostname) || isMetadataService(url.hostname))
    return new Agent()
  const read = (name: string): string => proxyEnvironment[name] ?? proxyEnvironment[name.toUpperCase()] ?? ''
  return new EnvHttpProxyAgent({
    httpProxy: read('http_proxy'),
    httpsProxy: read('https_proxy'),
    noProxy: read('no_proxy'),
  })
}
