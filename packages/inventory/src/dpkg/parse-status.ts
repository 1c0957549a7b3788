import { quote } from '../internal/quote.ts'
import type { DpkgDependency } from '../inventory.ts'
import { parseDependencies } from './parse-dependencies.ts'
import type { Stanza } from './parse-stanzas.ts'

/** A package as dpkg's database describes it, before its files are looked up. */
export interface DpkgEntry {
  readonly stanza: Stanza
  readonly name: string
  readonly version: string
  readonly arch?: string | undefined
  readonly source: { readonly name: string; readonly version: string }
  readonly depends: readonly (readonly DpkgDependency[])[]
  readonly provides: readonly DpkgDependency[]
  readonly builtUsing: readonly { readonly name: string; readonly version: string }[]
  readonly essential: boolean
  readonly multiArch?: string | undefined
  readonly conffiles: readonly string[]
}

/**
 * What the `Status` of a stanza says: `partial` is neither installed nor gone, or not told, so files of it may be
 * there. A stanza of `status.d` has no `Status` and is installed (`optional`).
 *
 * @throws {SyntaxError} when it has no three words.
 */
export function parseInstallState(
  { fields }: Stanza,
  status: 'required' | 'optional',
): 'installed' | 'partial' | 'absent' {
  const text = fields.get('status')
  if (text === undefined) return status === 'optional' ? 'installed' : 'partial'
  const words = text.trim().split(/\s+/)
  if (words.length !== 3) throw new SyntaxError(`not a status of three words: ${quote(text)}`)
  if (words[2] === 'installed') return 'installed'
  return words[2] === 'not-installed' || words[2] === 'config-files' ? 'absent' : 'partial'
}

const packageName = /^[A-Za-z0-9][A-Za-z0-9+._-]{0,255}$/
const versionText = /^[A-Za-z0-9.+:~_-]{1,255}$/
/** One blank: a pattern that takes any number of them is slow on many. */
const conffileSum = / (?:[0-9a-f]{32}|newconffile)\b/
const maxPathLength = 4_096
const sourceText = /^(\S{1,256})(?:\s+\((\S{1,255})\))?$/

/**
 * Reads the fields of an installed package.
 *
 * @throws {SyntaxError} when it has no usable name, version or source, or a relationship of another form.
 */
export function parseDpkgEntry(stanza: Stanza): DpkgEntry {
  const { fields } = stanza
  const name = fields.get('package') ?? ''
  if (!packageName.test(name)) throw new SyntaxError(`not a package name: ${quote(name)}`)
  const version = fields.get('version') ?? ''
  if (!versionText.test(version)) throw new SyntaxError(`not a version of ${name}: ${quote(version)}`)
  const source = fields.get('source')
  const named = source === undefined ? undefined : sourceText.exec(source.slice(0, 600).trim())
  if (named === null) throw new SyntaxError(`not a source of ${name}: ${quote(source ?? '')}`)
  const flag = (field: string) => fields.get(field)?.toLowerCase() === 'yes'
  return {
    stanza,
    name,
    version,
    arch: fields.get('architecture') || undefined,
    source: { name: named?.[1] ?? name, version: named?.[2] ?? version },
    depends: [...parseDependencies(fields.get('pre-depends')), ...parseDependencies(fields.get('depends'))],
    provides: parseDependencies(fields.get('provides')).flat(),
    builtUsing: ['built-using', 'static-built-using'].flatMap((field) => parseBuiltUsing(fields.get(field))),
    // `Important` is the older name of `Protected`.
    essential: flag('essential') || flag('protected') || flag('important'),
    multiArch: fields.get('multi-arch') || undefined,
    conffiles: parseConffiles(fields.get('conffiles')),
  }
}

/** Source packages with their exact versions (Debian policy, 7.8). */
function parseBuiltUsing(field: string | undefined): DpkgEntry['builtUsing'] {
  return parseDependencies(field)
    .flat()
    .map(({ name, operator, version }) => {
      if (operator !== '=' || version === undefined) {
        throw new SyntaxError(`not an exact version of a source package: ${quote(name)}`)
      }
      return { name, version }
    })
}

/** A path, a checksum and perhaps `obsolete` a line; the path may hold blanks. */
function parseConffiles(field: string | undefined): readonly string[] {
  return (field ?? '')
    .split('\n')
    .filter((line) => line.length <= maxPathLength)
    .flatMap((line) => {
      const path = line.slice(0, Math.max(line.search(conffileSum), 0)).trim()
      return path.startsWith('/') ? path : []
    })
}
