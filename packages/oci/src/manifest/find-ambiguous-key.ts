/** Fields of manifests, descriptors and platforms that somebody acts on. */
const fieldNames = [
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'manifests',
  'subject',
  'annotations',
  'digest',
  'size',
  'urls',
  'data',
  'platform',
  'os',
  'architecture',
  'variant',
  'os.version',
  'os.features',
]
const folded = new Map(fieldNames.map((name) => [fold(name), name]))

/**
 * Looks for what two readers would read differently: a key twice in one object, of which one takes the first, one
 * the last, and Go's reader merges both; and a field in other letters (`Layers`), which Go's reader takes for the
 * field and others don't see. Answers what is wrong.
 *
 * @param text The JSON text of `fields`, valid.
 */
export function findAmbiguousKey(
  text: string,
  fields: Readonly<Record<string, unknown>>,
): string | undefined {
  if (countPairs(text) !== countKeys(fields)) return 'it has the same key twice in one object'
  for (const object of objectsWithFields(fields)) {
    for (const key of Object.keys(object)) {
      const name = folded.get(fold(key))
      if (name !== undefined && name !== key) return `it writes ${name} in other letters`
    }
  }
  return undefined
}

/** As Go compares names: regardless of case, in Unicode (the long s is an S, the Kelvin sign a K). */
function fold(key: string): string {
  return key.toUpperCase().toLowerCase()
}

/** The manifest, its descriptors and their platforms; the keys of annotations and of unknown fields are free. */
function objectsWithFields(fields: Readonly<Record<string, unknown>>): readonly object[] {
  const { config, subject, layers, manifests } = fields
  const descriptors = [config, subject, ...listOf(layers), ...listOf(manifests)].filter(isObject)
  const platforms = descriptors.map((each) => (each as { platform?: unknown }).platform).filter(isObject)
  return [fields, ...descriptors, ...platforms]
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Pairs of key and value as they are written: as many as there are colons outside of strings. */
function countPairs(text: string): number {
  let pairs = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === 0x3a) pairs++
    if (char !== 0x22) continue
    for (at++; text.charCodeAt(at) !== 0x22; at++) if (text.charCodeAt(at) === 0x5c) at++
  }
  return pairs
}

function countKeys(value: object): number {
  let keys = 0
  const pending = [value]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const values: unknown[] = Object.values(next)
    if (!Array.isArray(next)) keys += values.length
    for (const each of values) if (isObject(each)) pending.push(each)
  }
  return keys
}
