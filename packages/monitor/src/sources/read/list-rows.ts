import { invalid } from './read-json-body.ts'

/** Whether it is an object with names. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An array as it is; the array under the first of these names that an object has; or the object alone. */
export function listRows(body: unknown, ...names: readonly string[]): readonly unknown[] {
  if (Array.isArray(body)) return body
  if (!isRecord(body)) throw invalid('expected an object or an array')
  const name = names.find((key) => Object.hasOwn(body, key))
  if (name === undefined) return [body]
  const rows = body[name]
  if (!Array.isArray(rows)) throw invalid(`expected an array under "${name}"`)
  return rows
}
