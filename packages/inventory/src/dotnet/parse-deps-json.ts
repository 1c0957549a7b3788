import { isObject } from '../internal/is-object.ts'
import { maxDependencies } from '../internal/limits.ts'
import { parseIntegrity } from '../internal/parse-integrity.ts'
import { parseJson } from '../internal/parse-json.ts'
import { quote } from '../internal/quote.ts'
import type { PackageChecksum } from '../inventory.ts'

/** A library that a .NET app runs with. */
export interface DotnetLibrary {
  /** Key in the file: name and version. */
  readonly id: string
  readonly name: string
  readonly version: string
  /** Of the archive that it was unpacked from. */
  readonly checksums: readonly PackageChecksum[]
  /** Keys of the libraries that it needs; at most 2,000. */
  readonly needs: readonly string[]
  /** Files that it brings, as in the archive. */
  readonly assets: readonly string[]
}

const nameText = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,255}$/
const versionText = /^\d[A-Za-z0-9._+-]{0,255}$/
const assetGroups = ['runtime', 'native', 'runtimeTargets', 'resources'] as const
/** The SDK's name for the runtime in an app that brings its own. */
const runtimePack = /^runtimepack\./

/**
 * Reads a `*.deps.json` (.NET SDK, "Runtime configuration files"): packages and runtimes of which the app's target has
 * something that runs, and the app itself. What was only compiled against is not there, nor is a project that the app
 * refers to a package. What is wrong with one library goes to `report`.
 *
 * @param appName The file's name without `.deps.json`: the project of this name is the app.
 * @throws {SyntaxError} when it is of another form.
 */
export function parseDepsJson(
  text: string,
  appName: string,
  report: (problem: string) => void,
): readonly DotnetLibrary[] {
  const value = parseJson(text)
  if (!isObject(value)) throw new SyntaxError('expected an object')
  const { runtimeTarget, targets, libraries } = value
  const targetName = isObject(runtimeTarget) ? runtimeTarget.name : runtimeTarget
  const target = readEntry(targets, typeof targetName === 'string' ? targetName : undefined)
  if (!isObject(libraries)) {
    // An app may have none; then nothing is in its target either.
    if ((libraries ?? null) === null && Object.keys(target ?? {}).length === 0) return []
    throw new SyntaxError('expected an object of libraries')
  }
  return Object.entries(libraries).flatMap(([id, library]) => {
    const slash = id.indexOf('/')
    const name = id.slice(0, slash).replace(runtimePack, '')
    const version = id.slice(slash + 1)
    if (slash < 0 || !isObject(library) || !nameText.test(name) || !versionText.test(version)) {
      report(`not a library: ${quote(id)}`)
      return []
    }
    const kind = typeof library.type === 'string' ? library.type.toLowerCase() : ''
    const isApp = kind === 'project' && name === appName
    if (kind !== 'package' && kind !== 'runtimepack' && !isApp) return []
    const entry = readEntry(target, id)
    const assets = entry ? readAssets(entry) : []
    // Without a target, or without an entry in it, nothing tells that it does not run.
    if (entry !== undefined && assets.length === 0 && !isApp) return []
    return { id, name, version, checksums: parseIntegrity(library.sha512), needs: readNeeds(entry), assets }
  })
}

function readEntry(value: unknown, key: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (!isObject(value) || key === undefined || !Object.hasOwn(value, key)) return undefined
  const entry = value[key]
  return isObject(entry) ? entry : undefined
}

function readAssets(entry: Readonly<Record<string, unknown>>): readonly string[] {
  return assetGroups.flatMap((group) => (isObject(entry[group]) ? Object.keys(entry[group]) : []))
}

function readNeeds(entry: Readonly<Record<string, unknown>> | undefined): readonly string[] {
  if (!isObject(entry?.dependencies)) return []
  return Object.entries(entry.dependencies)
    .slice(0, maxDependencies)
    .map(([name, version]) => `${name}/${String(version)}`)
}
