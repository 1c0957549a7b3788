import type { SecureContext } from 'node:tls'
import { OciError } from '../errors.ts'

/** How TLS is spoken to one registry. */
export interface RegistryTls {
  /** PEM certificates of the registry's own authority, besides those of the system. */
  readonly ca?: string | readonly string[] | undefined
  /** PEM client certificate with its chain, for registries that want one (mTLS). */
  readonly cert?: string | undefined
  /** PEM key of the client certificate. */
  readonly key?: string | undefined
  /** Opens the key where it is encrypted. */
  readonly passphrase?: string | undefined
}

/**
 * TLS by registry: host with its port where it is not 443, as in references (Docker Hub's is `registry-1.docker.io`).
 * A client certificate is shown to exactly that host, and not where another server leads to it.
 */
export type RegistryTlsSettings =
  | Readonly<Record<string, RegistryTls>>
  | ((registry: string) => RegistryTls | undefined)

/** What a connection is secured with. */
export interface TlsContexts {
  /**
   * For a host, or for all that have no settings of their own. `undefined` means the system's own settings.
   *
   * @throws {OciError} `CREDENTIALS_UNREADABLE` when certificates or key can't be used.
   */
  of(host: string | undefined, options: { readonly led: boolean }): SecureContext | undefined
}

const maxContexts = 1000

/** Creates contexts once for each host. */
export function createTlsContexts(
  ca: string | readonly string[] | undefined,
  settings: RegistryTlsSettings | undefined,
): TlsContexts {
  const contexts = new Map<string, SecureContext>()
  return {
    of(host, { led }) {
      const own = host === undefined ? undefined : settingsOf(settings, host)
      const authorities = [ca ?? [], own?.ca ?? []].flat()
      const client = led ? undefined : own
      if (authorities.length === 0 && client?.cert === undefined && client?.key === undefined)
        return undefined
      const key = own === undefined ? '' : `${led} ${host}`
      let context = contexts.get(key)
      if (context === undefined) {
        if (contexts.size >= maxContexts) contexts.clear()
        context = createContext(host ?? 'all registries', authorities, client)
        contexts.set(key, context)
      }
      return context
    },
  }
}

function settingsOf(settings: RegistryTlsSettings | undefined, host: string): RegistryTls | undefined {
  if (typeof settings === 'function') return settings(host)
  return settings !== undefined && Object.hasOwn(settings, host) ? settings[host] : undefined
}

function createContext(
  host: string,
  authorities: readonly string[],
  client: RegistryTls | undefined,
): SecureContext {
  // Loaded here, as with the first connection: an import of this package connects to nothing.
  const { createSecureContext, getCACertificates } = process.getBuiltinModule('node:tls')
  try {
    return createSecureContext({
      ...(authorities.length === 0 ? {} : { ca: [...getCACertificates('default'), ...authorities] }),
      ...(client?.cert === undefined ? {} : { cert: client.cert }),
      ...(client?.key === undefined ? {} : { key: client.key }),
      ...(client?.passphrase === undefined ? {} : { passphrase: client.passphrase }),
    })
  } catch (cause) {
    throw new OciError(
      'CREDENTIALS_UNREADABLE',
      `${host}: the certificates or the key in the option tls can't be used`,
      { reference: host, cause },
    )
  }
}
