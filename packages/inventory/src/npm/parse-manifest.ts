import { isObject } from '../internal/is-object.ts'
import { maxDependencies } from '../internal/limits.ts'
import { parseJson } from '../internal/parse-json.ts'
import { quoteValue } from '../internal/quote.ts'
import { toPurl } from '../package-url.ts'
import { spdxOrUnknown } from '../spdx-expression.ts'

const nameText = /^(?:@[A-Za-z0-9!~*'()._-]+\/)?[A-Za-z0-9!~*'()_-][A-Za-z0-9!~*'()._-]*$/
const versionText = /^[\x21-\x7e]{1,256}$/
const needs = ['dependencies', 'optionalDependencies', 'peerDependencies'] as const

/** What a `package.json` says that matters here. */
export interface NpmManifest {
  /** With its scope. */
  readonly name: string
  readonly version: string
  readonly license: string
  /** Names of what it needs at run time: dependencies, optional ones and peers; at most 2,000. */
  readonly needs: readonly string[]
}

/** Whether a text can be the name of an npm package; old ones with capitals too. */
const isNpmName = (name: unknown): name is string =>
  typeof name === 'string' && name.length <= 214 && nameText.test(name)

/**
 * Reads a `package.json`. `undefined` for one without a name or a version, such as `{ "type": "module" }`: it is a
 * part of the package around it; and unless it `isInstalled`, for one whose name or version npm would not take.
 *
 * @throws {SyntaxError} when it is no JSON, or name or version of an installed one are none.
 */
export function parseNpmManifest(
  text: string,
  { isInstalled }: { readonly isInstalled: boolean },
): NpmManifest | undefined {
  const value = parseJson(text)
  if (!isObject(value)) throw new SyntaxError('expected an object')
  const { name, version, license, licenses } = value
  if (name === undefined || version === undefined || name === '' || version === '') return undefined
  const isUsual = isNpmName(name) && typeof version === 'string' && versionText.test(version)
  if (!isUsual) {
    if (!isInstalled) return undefined
    throw new SyntaxError(`not name and version of a package: ${quoteValue(name)}, ${quoteValue(version)}`)
  }
  const names = needs.flatMap((field) => (isObject(value[field]) ? Object.keys(value[field]) : []))
  return {
    name,
    version,
    license: toExpression(license ?? licenses),
    needs: [...new Set(names.filter(isNpmName))].slice(0, maxDependencies),
  }
}

/** The purl of an npm package; its scope is the namespace. */
export function toNpmPurl({ name, version }: Pick<NpmManifest, 'name' | 'version'>): string {
  const slash = name.startsWith('@') ? name.indexOf('/') : -1
  const namespace = slash > 0 ? name.slice(0, slash) : undefined
  return toPurl({ type: 'npm', namespace, name: name.slice(slash + 1), version })
}

/** npm's `license`, and the object and list that it replaced. */
function toExpression(value: unknown): string {
  const only: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value
  return spdxOrUnknown(isObject(only) ? only.type : only)
}
