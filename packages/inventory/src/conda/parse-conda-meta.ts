import { isObject } from '../internal/is-object.ts'
import { maxDependencies } from '../internal/limits.ts'
import { parseJson } from '../internal/parse-json.ts'
import { quoteValue } from '../internal/quote.ts'
import type { PackageChecksum } from '../inventory.ts'
import { spdxOrUnknown } from '../spdx-expression.ts'

/** What conda noted of a package when it installed it. */
export interface CondaPackage {
  readonly name: string
  readonly version: string
  /** Qualifiers of its purl (purl types, conda). */
  readonly qualifiers: Readonly<Record<'build' | 'channel' | 'subdir' | 'type', string | undefined>>
  readonly license: string
  /** Of the archive that it was unpacked from. */
  readonly checksums: readonly PackageChecksum[]
  /** Names of what it needs; at most 2,000. */
  readonly needs: readonly string[]
  /** Relative to the environment. */
  readonly files: readonly string[]
}

/**
 * Reads one file of `conda-meta`.
 *
 * @throws {SyntaxError} when it is no JSON, or without a usable name or version.
 */
export function parseCondaMeta(text: string): CondaPackage {
  const value = parseJson(text)
  if (!isObject(value)) throw new SyntaxError('expected an object')
  const { name, version, build, channel, subdir, fn, license, depends, files } = value
  if (typeof name !== 'string' || !/^[a-z0-9_][a-z0-9_.-]{0,255}$/i.test(name)) {
    throw new SyntaxError(`not a name of a package: ${quoteValue(name)}`)
  }
  if (typeof version !== 'string' || !/^[\w.+!~-]{1,255}$/.test(version)) {
    throw new SyntaxError(`not a version of ${name}: ${quoteValue(version)}`)
  }
  return {
    name,
    version,
    qualifiers: {
      build: plain(build),
      channel: toChannel(channel),
      subdir: plain(subdir),
      type: typeof fn === 'string' ? /\.(conda|tar\.bz2)$/.exec(fn)?.[1] : undefined,
    },
    license: spdxOrUnknown(license),
    checksums: (['md5', 'sha256'] as const).flatMap((algorithm) => {
      const hash = value[algorithm]
      const length = algorithm === 'md5' ? 32 : 64
      return typeof hash === 'string' && hash.length === length && /^[0-9a-f]+$/.test(hash)
        ? [{ algorithm, value: hash }]
        : []
    }),
    needs: texts(depends)
      .slice(0, maxDependencies)
      .map((need) => need.split(/[\s=<>!~]/, 1)[0]!),
    files: texts(files),
  }
}

/** The name of a channel, without the address that it has on one server and without its platform. */
function toChannel(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const parts = value
    .replace(/^[a-z]+:\/\/[^/]*\//, '')
    // A token of whoever installed it.
    .replace(/^t\/[^/]*\//, '')
    .split('/')
    .filter((part) => part !== '' && part !== 'pkgs')
  // https://conda.anaconda.org/<name>/<platform>, https://repo.anaconda.com/pkgs/<name>/<platform>
  return plain(parts[0])
}

const plain = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[\w.+-]{1,255}$/.test(value) ? value : undefined

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
