import { BlockList, isIP } from 'node:net'
import { OciError } from '../errors.ts'
import { addressScope } from './address-scope.ts'

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The proxy for a URL: `https_proxy` or `http_proxy`, unless `no_proxy` names the host (a name with its subdomains,
 * `.name` for those alone, an address, a range in CIDR form, each with or without a port, or `*`). Upper case is read
 * where lower case is missing. This machine and what is on its own link, such as a cloud's metadata service, are never
 * reached by a proxy.
 *
 * @throws {OciError} `REGISTRY_UNREACHABLE` when the variable holds no URL of an HTTP proxy.
 */
export function chooseProxy(url: URL, env: Environment): URL | undefined {
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy'
  const value = variable(env, name)
  const scope = addressScope(url.hostname)
  if (value === undefined || scope === 'loopback' || scope === 'link-local') return undefined
  if (isExempt(url, variable(env, 'no_proxy') ?? '')) return undefined
  const text = value.includes('://') ? value : `http://${value}`
  const proxy = URL.canParse(text) ? new URL(text) : undefined
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy
  // The value may hold a password.
  throw new OciError(
    'REGISTRY_UNREACHABLE',
    `${url.host}: the environment variable ${name} is not the URL of an HTTP proxy`,
    { reference: url.host },
  )
}

function variable(env: Environment, name: string): string | undefined {
  const upper = name.toUpperCase()
  // In a CGI program, HTTP_PROXY is a header field of whoever asks (CVE-2016-5385).
  const isRequestField = upper === 'HTTP_PROXY' && env['REQUEST_METHOD'] !== undefined
  return env[name]?.trim() || (isRequestField ? undefined : env[upper]?.trim()) || undefined
}

function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return list.split(/[\s,]+/).some((each) => {
    const entry = each.toLowerCase()
    if (entry === '') return false
    const [, bracketed, plain, wantedPort] =
      /^(?:\[([^\]]*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? []
    const wanted = isIP(entry) === 0 ? (bracketed ?? plain ?? entry) : entry
    if (isIP(entry) === 0 && wantedPort !== undefined && wantedPort !== port) return false
    return wanted === '*' || matchesHost(host, wanted)
  })
}

function matchesHost(host: string, wanted: string): boolean {
  const version = isIP(host)
  if (version === 0) {
    const suffix = wanted.replace(/^\*?\./, '.').replace(/(?<=.)\.$/, '')
    return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`)
  }
  const [network = '', prefix] = wanted.split('/')
  if (isIP(network) !== version) return false
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const bits = prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix)
  if (!Number.isInteger(bits) || bits < 0 || bits > (version === 4 ? 32 : 128)) return false
  const range = new BlockList()
  range.addSubnet(network, bits, family)
  return range.check(host, family)
}
