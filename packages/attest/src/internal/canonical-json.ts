import { AttestError } from '../errors.ts'

const maxDepth = 256

/**
 * Writes a JSON value with sorted keys and no white space (RFC 8785), so that equal values give equal bytes.
 * Fields that are `undefined` are left out.
 *
 * @throws {AttestError} `STATEMENT_INVALID` when the value is not plain JSON data, or nested too deep.
 */
export function toCanonicalJson(value: unknown): string {
  return write(value, 0)
}

function write(value: unknown, depth: number): string {
  if (depth > maxDepth) throw new AttestError('STATEMENT_INVALID', `nested deeper than ${maxDepth} levels`)
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'number':
      if (!Number.isFinite(value)) throw new AttestError('STATEMENT_INVALID', `${value} is not a JSON number`)
      return JSON.stringify(value)
    case 'object':
      break
    default:
      throw new AttestError('STATEMENT_INVALID', `a ${typeof value} is not JSON data`)
  }
  if (value === null) return 'null'
  // Unlike `map`, `Array.from` does not skip holes.
  if (Array.isArray(value)) return `[${Array.from(value, (item) => write(item, depth + 1)).join(',')}]`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new AttestError('STATEMENT_INVALID', 'an instance of a class is not JSON data')
  }
  // Readers refuse it, because libraries drop it without a word.
  if (Object.hasOwn(value, '__proto__'))
    throw new AttestError('STATEMENT_INVALID', 'a field is named "__proto__"')
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${write(member, depth + 1)}`)
  return `{${members.join(',')}}`
}
