/** How deep a document may be nested. */
const maxDepth = 20
/** How many values it may have, aliases written out. */
const maxValues = 250_000

/** Something in a document that JSON could not say, or too much of it. */
export interface DataFault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/**
 * Finds the first thing that is not plain data: what JSON has no word for (functions, dates, `NaN`), keys that would reach
 * the prototype, and nesting or size that no document needs, cycles included.
 */
export function findDataFault(value: unknown): DataFault | undefined {
  let left = maxValues
  const visit = (part: unknown, path: readonly PropertyKey[]): DataFault | undefined => {
    if (--left < 0) return { path: [], message: `more than ${maxValues} values` }
    if (part === null || typeof part === 'string' || typeof part === 'boolean') return undefined
    if (typeof part === 'number') {
      return Number.isFinite(part) ? undefined : { path, message: `expected a finite number, not ${part}` }
    }
    if (typeof part !== 'object') return { path, message: `expected plain data, not a ${typeof part}` }
    if (path.length >= maxDepth) return { path, message: `nested deeper than ${maxDepth} levels` }
    if (Array.isArray(part)) return firstFault(part.keys(), (index) => visit(part[index], [...path, index]))

    const prototype: unknown = Object.getPrototypeOf(part)
    if (prototype !== Object.prototype && prototype !== null) {
      return { path, message: 'expected plain data, not an object of a class' }
    }
    return firstFault(Object.keys(part), (key) => {
      if (key === '__proto__') return { path: [...path, key], message: 'no field may have this name' }
      const member = (part as Record<string, unknown>)[key]
      return member === undefined ? undefined : visit(member, [...path, key])
    })
  }
  return visit(value, [])
}

function firstFault<Key>(
  keys: Iterable<Key>,
  visit: (key: Key) => DataFault | undefined,
): DataFault | undefined {
  for (const key of keys) {
    const fault = visit(key)
    if (fault) return fault
  }
  return undefined
}
