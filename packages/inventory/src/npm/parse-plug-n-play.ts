import { isObject } from '../internal/is-object.ts'
import { parseJson } from '../internal/parse-json.ts'

/** A package in the data of Plug'n'Play. */
export interface PlugPackage {
  readonly name: string
  /** Which one of that name, e.g. `npm:1.3.8`. */
  readonly reference: string
  /** Folder of the package relative to the data; through an archive as if that were a folder. */
  readonly location: string
  /** Name and reference of what it needs. */
  readonly needs: readonly (readonly [string, string])[]
}

/**
 * Reads the packages out of `.pnp.data.json`, or out of the text constant with the same data in `.pnp.cjs`; nothing is
 * run (Yarn, "Plug'n'Play specification").
 *
 * @throws {SyntaxError} when the data is not found, or of another form.
 */
export function parsePlugNPlay(text: string): readonly PlugPackage[] {
  const value = parseJson(/^\s*\{/.test(text) ? text : extractConstant(text))
  if (!isObject(value) || !Array.isArray(value.packageRegistryData)) {
    throw new SyntaxError('expected an object with packageRegistryData')
  }
  return value.packageRegistryData.flatMap((entry: unknown) => {
    const [name, versions] = pair(entry)
    if (!Array.isArray(versions)) throw new SyntaxError('expected a list of versions')
    return versions.flatMap((version: unknown) => {
      const [reference, data] = pair(version)
      // The project itself.
      if (name === null || reference === null) return []
      if (typeof name !== 'string' || typeof reference !== 'string' || !isObject(data)) {
        throw new SyntaxError('expected a name, a reference and data')
      }
      const { packageLocation: location, packageDependencies: needs } = data
      if (typeof location !== 'string') throw new SyntaxError('expected a location')
      return [{ name, reference, location: toRealLocation(location), needs: toNeeds(name, needs) }]
    })
  })
}

/** A copy for other peers lies where the original lies: `a/__virtual__/<hash>/<n>/b` is `b` below n folders above a. */
function toRealLocation(location: string): string {
  const match = /^(.*?)(?:__virtual__|\$\$virtual)\/[^/]+\/(\d{1,2})\/(.*)$/s.exec(location)
  return match ? `${match[1]}${'../'.repeat(Number(match[2]))}${match[3]}` : location
}

/** The text in apostrophes after the name of the constant, with its lines joined and escapes undone. */
function extractConstant(text: string): string {
  const match = /\bRAW_RUNTIME_STATE\s*=\s*'/.exec(text)
  if (!match) throw new SyntaxError("the data of Plug'n'Play is not where Yarn 3 and later write it")
  const parts: string[] = []
  let from = match.index + match[0].length
  for (let at = from; at < text.length; at++) {
    const char = text[at]
    if (char === "'") return parts.join('') + text.slice(from, at)
    if (char !== '\\') continue
    parts.push(text.slice(from, at))
    // An escaped end of line is nothing; what else is escaped there stands for itself.
    from = text[at + 1] === '\n' ? at + 2 : at + 1
    at++
  }
  throw new SyntaxError('text without end')
}

function toNeeds(name: string, value: unknown): readonly (readonly [string, string])[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((entry: unknown) => {
    const [alias, target] = pair(entry)
    if (typeof alias !== 'string' || alias === name) return []
    if (typeof target === 'string') return [[alias, target] as const]
    if (!Array.isArray(target)) return []
    const [real, reference]: unknown[] = target
    return typeof real === 'string' && typeof reference === 'string' ? [[real, reference] as const] : []
  })
}

function pair(value: unknown): readonly [unknown, unknown] {
  if (!Array.isArray(value) || value.length !== 2) throw new SyntaxError('expected a pair')
  return [value[0], value[1]]
}
