import { quote } from '../internal/quote.ts'

/** What a Python distribution says of itself (PyPA specification, "Core metadata"). */
export interface PythonMetadata {
  /** Normalised (PEP 503). */
  readonly name: string
  readonly version: string
  readonly license?: string | undefined
}

/**
 * Reads the header of `METADATA` or `PKG-INFO`; of a repeated field the first counts.
 *
 * @throws {SyntaxError} without a usable name or version.
 */
export function parsePythonMetadata(text: string): PythonMetadata {
  const fields = parseHeader(text)
  const name = fields.get('name') ?? ''
  const version = fields.get('version') ?? ''
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,254}[A-Za-z0-9])?$/.test(name)) {
    throw new SyntaxError(`not a name of a distribution: ${quote(name)}`)
  }
  if (!/^[A-Za-z0-9.!+_*-]{1,255}$/.test(version)) {
    throw new SyntaxError(`not a version of ${name}: ${quote(version)}`)
  }
  return {
    name: name.toLowerCase().replaceAll(/[-_.]+/g, '-'),
    version,
    license: fields.get('license-expression') ?? fields.get('license'),
  }
}

function parseHeader(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    // The description follows.
    if (line === '') break
    const match = /^([A-Za-z-]+):[ \t]*(.*)$/.exec(line)
    const name = match?.[1]?.toLowerCase()
    if (name !== undefined && !fields.has(name)) fields.set(name, match![2]!.trim())
  }
  return fields
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
