/** The attributes that may name an archive. */
const attributes = [
  'Automatic-Module-Name',
  'Bundle-License',
  'Bundle-SymbolicName',
  'Bundle-Version',
  'Extension-Name',
  'Group-Id',
  'Implementation-Title',
  'Implementation-Vendor-Id',
  'Implementation-Version',
  'Plugin-Version',
  'Short-Name',
  'Specification-Version',
] as const

/** The attributes of a manifest that may name its archive. */
export type JavaManifest = Readonly<Partial<Record<(typeof attributes)[number], string>>>

const byLowerCase: ReadonlyMap<string, (typeof attributes)[number]> = new Map(
  attributes.map((name) => [name.toLowerCase(), name]),
)
const maxValueLength = 1_000

/** Reads the main section of a `MANIFEST.MF` (JAR file specification, Name-Value pairs and sections). */
export function parseManifest(text: string): JavaManifest {
  const found: { -readonly [Name in keyof JavaManifest]: JavaManifest[Name] } = {}
  let name: keyof JavaManifest | undefined
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    if (line === '') {
      // Some tools write blank lines before the first attribute.
      if (Object.keys(found).length > 0 || name !== undefined) break
      continue
    }
    if (line.startsWith(' ')) {
      if (name !== undefined && found[name]!.length < maxValueLength) found[name] += line.slice(1)
      continue
    }
    const colon = line.indexOf(':')
    name = byLowerCase.get(line.slice(0, Math.max(0, colon)).trim().toLowerCase())
    if (name !== undefined && found[name] !== undefined) name = undefined
    if (name !== undefined) found[name] = line.slice(colon + 1).trimStart()
  }
  for (const key of attributes) {
    const value = found[key]?.trim().slice(0, maxValueLength)
    if (value) found[key] = value
    else delete found[key]
  }
  return found
}
