import { isObject } from '../internal/is-object.ts'
import { maxDependencies } from '../internal/limits.ts'
import { parseJson } from '../internal/parse-json.ts'
import { quoteValue } from '../internal/quote.ts'
import { spdxOrUnknown } from '../spdx-expression.ts'
import type { PackageChecksum } from '../inventory.ts'

/** A package as Composer noted it. */
export interface ComposerPackage {
  /** `vendor/name`, in lower case. */
  readonly name: string
  /** As its maker writes it, often with a `v`. */
  readonly version: string
  readonly license: string
  /** Of the archive that it was unpacked from. */
  readonly checksums: readonly PackageChecksum[]
  /** Names of the packages that it needs; at most 2,000. */
  readonly needs: readonly string[]
  /** Relative to the folder of the list; since Composer 2. */
  readonly installPath?: string | undefined
}

const nameText = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\/[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/

/**
 * Reads `vendor/composer/installed.json`: a list in Composer 1, an object with the list since Composer 2. What is wrong
 * with one package goes to `report`, and the others are read.
 *
 * @throws {SyntaxError} when it is of neither form.
 */
export function parseInstalled(text: string, report: (problem: string) => void): readonly ComposerPackage[] {
  const value = parseJson(text)
  const list = isObject(value) ? value.packages : value
  if (!Array.isArray(list)) throw new SyntaxError('expected a list of packages')
  return list.flatMap((entry: unknown) => {
    const problem = findProblem(entry)
    if (problem !== undefined) report(problem)
    return problem === undefined ? toPackage(entry as Readonly<Record<string, unknown>>) : []
  })
}

function findProblem(entry: unknown): string | undefined {
  if (!isObject(entry)) return 'a package that is no object'
  const { name, version } = entry
  if (typeof name !== 'string' || name.length > 255 || !nameText.test(name.toLowerCase())) {
    return `not a name of a package: ${quoteValue(name)}`
  }
  if (typeof version !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(version)) {
    return `not a version of ${name}: ${quoteValue(version)}`
  }
  return undefined
}

function toPackage(entry: Readonly<Record<string, unknown>>): ComposerPackage {
  const { license, dist, require: needs, 'install-path': installPath } = entry
  const shasum = isObject(dist) ? dist.shasum : undefined
  return {
    name: (entry.name as string).toLowerCase(),
    version: entry.version as string,
    license: toLicense(license),
    checksums:
      typeof shasum === 'string' && /^[0-9a-f]{40}$/.test(shasum)
        ? [{ algorithm: 'sha1', value: shasum }]
        : [],
    needs: isObject(needs)
      ? Object.keys(needs)
          .slice(0, maxDependencies)
          .map((name) => name.toLowerCase())
      : [],
    installPath: typeof installPath === 'string' ? installPath : undefined,
  }
}

/** Of several licences one may be chosen (Composer, "The composer.json schema", license). */
function toLicense(value: unknown): string {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value]
  const read = all.map(spdxOrUnknown)
  if (read.length === 0 || read.includes('NOASSERTION')) return 'NOASSERTION'
  return read.length === 1 ? read[0]! : read.map((one) => (one.includes(' ') ? `(${one})` : one)).join(' OR ')
}
