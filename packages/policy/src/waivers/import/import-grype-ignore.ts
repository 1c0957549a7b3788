import type { IgnoreTerms } from '@sallyport/scan'
import { parseGrypeIgnore } from '@sallyport/scan/ignore'
import type { WaiverFile, WaiverScope } from '../waiver.ts'
import { type ImportedEntry, importEntries, type ImportWaiversOptions } from './import-entries.ts'
import { loadPackageUrl } from '../../internal/load-libraries.ts'

/** Options of {@link importGrypeIgnore}. */
export interface ImportGrypeIgnoreOptions extends ImportWaiversOptions {
  /** Namespace of purls of distribution packages, e.g. `debian`, which rules of Grype don't name. */
  readonly distro?: string | undefined
}

const systemTypes: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm'])

/**
 * Turns the `ignore` rules of a `.grype.yaml` into waivers. `fix-state: not-fixed` becomes `until: fixed`,
 * `package.upstream-name` a source package; rules have no expiry there.
 *
 * Left out, each with a warning, because a waiver without the condition would cover more: rules without a vulnerability,
 * with patterns, locations, other fix states, without a type of package, and those that never apply in Grype. Ids
 * match through aliases here, also without `include-aliases`.
 *
 * @throws {ScanError} `IGNORE_FILE_INVALID` with the position; `LIMIT_EXCEEDED` above 4 MiB.
 * @throws {PolicyError} `LIMIT_EXCEEDED` when the waivers are larger than 1 MiB, or `POLICY_INVALID`, more than 10,000.
 */
export function importGrypeIgnore(text: string, options: ImportGrypeIgnoreOptions): WaiverFile {
  const { rules, warnings } = parseGrypeIgnore(text, options)
  const notes: string[] = [...warnings]
  const entries: ImportedEntry[] = []
  for (const { source: where, name, reason, terms } of rules) {
    if (terms?.never !== undefined) continue
    const packages = terms === undefined ? 'its conditions are not known' : toPackages(terms, options.distro)
    if (typeof packages === 'string') {
      notes.push(`${where}: ${name} is left out: ${packages}`)
      continue
    }
    const until = terms?.fixState === undefined ? undefined : 'fixed'
    if (until) {
      notes.push(
        `${where}: ${name}: it holds until there is a fix; also where none will come, or nobody knows`,
      )
    }
    entries.push({ where, vulnerability: terms?.id ?? '', packages, reason, until })
  }
  return importEntries(entries, notes, options)
}

/** The packages of a rule, `undefined` for any, or why a waiver can't say it. */
function toPackages(
  { id, paths, package: pkg, fixState }: IgnoreTerms,
  distro: string | undefined,
): readonly Pick<WaiverScope, 'package' | 'sourcePackage'>[] | undefined | string {
  if (id === undefined) return 'it names no vulnerability'
  if (paths !== undefined) return 'it is for a location, which a waiver can not say'
  if (fixState !== undefined && fixState !== 'not-fixed') return `it is for the fix state ${fixState} only`
  if (pkg === undefined) return undefined
  const { name, sourceName, version, type = pkg.language, language = type, isPattern } = pkg
  if (isPattern) return 'its name is a pattern; waivers are literal'
  if (type !== language) return `it is for type ${type} and language ${language}, which differ`
  if (name !== undefined && sourceName !== undefined) return 'it names a package and its source package'
  const wanted = name ?? sourceName
  if (wanted === undefined) return 'it names no package by its name'
  if (type === undefined) return 'it does not say the type of the package'
  if (type === 'maven') return 'it names the artifact without its group'
  // The version of the rule is that of the binary package.
  if (sourceName !== undefined && version !== undefined) return 'it names a version and the source package'
  if (systemTypes.has(type) && distro === undefined) return `a ${type} package needs the option distro`
  const slash = wanted.lastIndexOf('/')
  const namespace = systemTypes.has(type) ? distro : slash < 0 ? undefined : wanted.slice(0, slash)
  const { PackageURL } = loadPackageUrl()
  try {
    const purl = new PackageURL(type, namespace, wanted.slice(slash + 1), version, undefined, undefined)
    return [{ package: purl.toString(), ...(sourceName !== undefined && { sourcePackage: true }) }]
  } catch {
    return 'its package makes no purl'
  }
}
