import { maxDependencies } from '../internal/limits.ts'
import { quote } from '../internal/quote.ts'
import { toPythonLicense } from './to-license.ts'

/** What a Python distribution needs, as `Requires-Dist` tells. */
export interface PythonRequirement {
  /** Normalised (PEP 503). */
  readonly name: string
  /** Environment marker, where there is one. */
  readonly marker?: string | undefined
}

/** What a Python distribution says of itself (PyPA specification, "Core metadata"). */
export interface PythonMetadata {
  /** Normalised (PEP 503). */
  readonly name: string
  readonly version: string
  /** SPDX expression, or `NOASSERTION`. */
  readonly license: string
  /** At most 2,000. */
  readonly requires: readonly PythonRequirement[]
}

const nameText = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,254}[A-Za-z0-9])?$/

/** The one form of a name that counts (PEP 503). */
const normalizePythonName = (name: string): string => name.toLowerCase().replaceAll(/[-_.]+/g, '-')

/**
 * Reads the header of `METADATA` or `PKG-INFO`; of a repeated field that may stand once, the first counts.
 *
 * @throws {SyntaxError} without a usable name or version.
 */
export function parsePythonMetadata(text: string): PythonMetadata {
  const fields = parseHeader(text)
  const first = (name: string) => fields.get(name)?.[0]
  const name = first('name') ?? ''
  const version = first('version') ?? ''
  if (!nameText.test(name)) throw new SyntaxError(`not a name of a distribution: ${quote(name)}`)
  if (!/^[A-Za-z0-9.!+_*-]{1,255}$/.test(version)) {
    throw new SyntaxError(`not a version of ${name}: ${quote(version)}`)
  }
  return {
    name: normalizePythonName(name),
    version,
    license: toPythonLicense({
      expression: first('license-expression'),
      license: first('license'),
      classifiers: fields.get('classifier') ?? [],
    }),
    requires: (fields.get('requires-dist') ?? []).slice(0, maxDependencies).flatMap(parseRequirement),
  }
}

function parseHeader(text: string): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>()
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    // The description follows.
    if (line === '') break
    const match = /^([A-Za-z-]+):[ \t]*(.*)$/.exec(line)
    const name = match?.[1]?.toLowerCase()
    if (name === undefined) continue
    const values = fields.get(name)
    if (values) values.push(match![2]!.trim())
    else fields.set(name, [match![2]!.trim()])
  }
  return fields
}

/** Reads one need: `name[extras] (versions); marker`; none when there is no name. */
export function parseRequirement(text: string): readonly PythonRequirement[] {
  const name = /^[A-Za-z0-9][A-Za-z0-9._-]*/.exec(text)?.[0] ?? ''
  if (!nameText.test(name)) return []
  // The address of `name @ address ; marker` may have a semicolon of its own; blanks are around the one that counts.
  const rest = text.slice(name.length)
  const at = /^\s*(?:\[[^\]]*\]\s*)?@/.test(rest) ? rest.indexOf(' ;') : rest.indexOf(';')
  const marker = at < 0 ? undefined : rest.slice(rest.indexOf(';', at) + 1).trim()
  return [{ name: normalizePythonName(name), marker }]
}

/** Reads the paths of a `RECORD` (PyPA specification, "Recording installed projects"): CSV of path, hash and size. */
export function parseRecord(text: string): readonly string[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const path = line.startsWith('"')
      ? /^"((?:[^"]|"")*)"(?:,|$)/.exec(line)?.[1]?.replaceAll('""', '"')
      : line.split(',', 1)[0]
    return path ? [path] : []
  })
}
