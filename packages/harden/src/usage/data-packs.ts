import type { FileTree } from '@sallyport/image'
import type { UsageEdge } from './usage.ts'

/** Data that programs look for by names their libraries make up, so that no program names it. */
export type DataPack =
  | 'certificates'
  | 'time-zones'
  | 'services'
  | 'accounts'
  | 'os-release'
  | 'locale'
  | 'terminals'

const packs: Readonly<Record<DataPack, RegExp>> = {
  certificates:
    /^\/(?:usr\/share\/(?:ca-certificates|pki)\/|usr\/local\/share\/ca-certificates\/|etc\/(?:ca-certificates(?:\.conf$|\/)|pki\/(?:ca-trust|tls\/certs|tls\/cert\.pem)|ssl\/(?:certs\/|cert\.pem)))/,
  'time-zones': /^\/usr\/share\/zoneinfo\//,
  services: /^\/etc\/(?:services|protocols|rpc|networks|ethertypes)$/,
  accounts: /^\/usr\/share\/base-passwd\//,
  'os-release': /^\/(?:etc|usr\/lib)\/os-release$/,
  locale: /^\/usr\/lib\/locale\/C\.(?:utf8|UTF-8)\//,
  terminals: /^\/(?:etc|lib|usr\/lib|usr\/share)\/terminfo\//,
}

/** Every kind of data there is. */
export const allDataPacks: readonly DataPack[] = [
  'certificates',
  'time-zones',
  'services',
  'accounts',
  'os-release',
  'locale',
  'terminals',
]

/**
 * Edges to the data of some packs: it is kept, and nothing is followed from it. `hasTerminals`: see {@link usesTerminals};
 * `variables`: those of the configuration, which name its locale.
 */
export function findDataPacks(
  tree: FileTree,
  wanted: readonly DataPack[],
  hasTerminals: boolean,
  variables: readonly string[] = [],
): readonly UsageEdge[] {
  const locales = new Set(variables.flatMap(localeOf))
  const isLocale = (path: string) => {
    const [, name] = /^\/usr\/(?:lib|share)\/locale\/(locale-archive$|[^/]+(?=\/LC_))/.exec(path) ?? []
    return (
      name !== undefined && locales.size > 0 && (name === 'locale-archive' || locales.has(normalize(name)))
    )
  }
  const chosen = wanted.filter((pack) => pack !== 'terminals' || hasTerminals)
  const edges: UsageEdge[] = []
  for (const { path, type } of tree.entries()) {
    if (type === 'directory') continue
    const pack = chosen.find((name) => packs[name].test(path) || (name === 'locale' && isLocale(path)))
    if (pack) edges.push({ kind: 'data-pack', from: pack, to: path, certain: false })
  }
  return edges
}

/** `LANG=en_US.UTF-8`, `LANGUAGE=de:en`; those that the C library has built in are none. */
function localeOf(variable: string): readonly string[] {
  const [, value] = /^(?:LANG|LANGUAGE|LC_[A-Z]+)=(.+)$/.exec(variable) ?? []
  const names = value?.split(':').filter((name) => !/^(?:C|POSIX)(?:\.|$)/.test(name))
  return names?.map(normalize) ?? []
}

/** The C library takes `UTF-8`, `utf8` and `utf-8` for the same. */
const normalize = (name: string) => name.toLowerCase().replaceAll('-', '')

/** Whether a library that reads descriptions of terminals is among these paths. */
export function usesTerminals(reached: Iterable<string>): boolean {
  for (const path of reached) if (/\/lib(?:tinfow?|ncursesw?)\.so\.\d/.test(path)) return true
  return false
}
