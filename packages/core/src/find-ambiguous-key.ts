/** Objects of one kind in a document, and the names of their fields that somebody acts on. */
export interface NamedFields {
  /** The objects. */
  readonly objects: readonly object[]
  /** Exactly as they have to be written. */
  readonly names: readonly string[]
}

/**
 * Looks for what two readers of a JSON document would read differently: a key twice in one object, of which one takes the
 * first, one the last, and Go's reader merges both; and a field in other letters (`Layers`), which Go's reader takes for
 * the field and others don't see. Answers what is wrong.
 *
 * @param text The JSON text of `value`, valid.
 * @param fields Objects of `value` whose fields have names. Other keys are free, but for being there twice.
 */
export function findAmbiguousKey(
  text: string,
  value: object,
  fields: readonly NamedFields[],
): string | undefined {
  if (countPairs(text) !== countKeys(value)) return 'it has the same key twice in one object'
  for (const { objects, names } of fields) {
    const folded = new Map(names.map((name) => [fold(name), name]))
    for (const key of objects.flatMap((object) => Object.keys(object))) {
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

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
