import type { Package } from '@sallyport/inventory'
import type { AdvisoryEntry } from '../advisories/advisory-index.ts'
import { extensionOf } from '../advisories/advisory-extension.ts'

/** A name to look a package up under, with the version that belongs to it. */
export interface Lookup {
  readonly name: string
  readonly version: string
  /** Absent where packages have one name only. */
  readonly kind?: 'source' | 'binary' | undefined
}

/** Options of {@link lookupsOf}. */
export interface LookupOptions {
  /** Also look up the sources whose code is built in. */
  readonly builtUsing: boolean
}

/**
 * The names under which advisories may name a package, each with its own version: a source name goes with the version
 * of the source, never with that of the binary package, which can have another epoch or revision. The first list is of
 * the package itself, each further one of a source that is built in.
 */
export function lookupsOf(pkg: Package, { builtUsing }: LookupOptions): readonly (readonly Lookup[])[] {
  const { type, name } = pkg
  if (type !== 'deb' && type !== 'apk' && type !== 'rpm') return [[{ name, version: pkg.version }]]
  const version = withEpoch(pkg, pkg.version)
  const source = pkg.source ?? { name, version: pkg.version }
  return [
    [
      { name: source.name, version: withEpoch(pkg, source.version), kind: 'source' },
      { name, version, kind: 'binary' },
    ],
    ...(builtUsing ? (pkg.builtUsing ?? []) : []).map((each) => [{ ...each, kind: 'source' as const }]),
  ]
}

/** The header keeps the epoch apart, and the name of a source rpm lacks it; a source and its packages share it. */
function withEpoch({ rpm }: Package, version: string): string {
  return rpm?.epoch === undefined || version.includes(':') ? version : `${rpm.epoch}:${version}`
}

/** Ecosystems of rpm packages whose records name source packages, or both. */
const sourceNamed = /^(?:SUSE|openSUSE|Rocky Linux|Photon OS)(?::|$)/

/** Whether an entry is about packages of that kind of name, of that architecture and of that module. */
export function concerns(pkg: Package, { kind }: Lookup, { affected }: AdvisoryEntry): boolean {
  if (kind === undefined) return true
  const { name, arches, module } = extensionOf(affected)
  if (arches !== undefined && pkg.arch !== undefined && !arches.includes(pkg.arch)) return false
  if (pkg.type !== 'rpm') return kind === (name ?? 'source')
  if (!isOfModule(pkg, affected, module)) return false
  if (name !== undefined) return kind === name
  return (
    kind === 'binary' || (pkg.source !== undefined && sourceNamed.test(affected.package?.ecosystem ?? ''))
  )
}

/**
 * A package of a module is only ever matched by statements about its module, and others never by those. Records that do
 * not name the module show it in their versions (`.module_el8`, `.module+el8`).
 */
function isOfModule(
  { rpm }: Package,
  affected: AdvisoryEntry['affected'],
  module: string | undefined,
): boolean {
  const own = rpm?.modularityLabel?.split(':').slice(0, 2).join(':')
  if (module !== undefined) return module === own
  const fixes = (affected.ranges ?? []).flatMap(({ events }) => events.flatMap((event) => event.fixed ?? []))
  if (fixes.length === 0) return own === undefined || own === ''
  return fixes.some((version) => /\.module[_+]/.test(version)) === (own !== undefined && own !== '')
}
