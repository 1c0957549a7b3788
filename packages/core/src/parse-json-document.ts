import { isJsonDeeperThan } from './json-depth.ts'

/** What a document has to be, as zod and its like check it. */
export interface DocumentSchema<T> {
  /** What a value is by it, or its faults. */
  safeParse(value: unknown):
    | { readonly success: true; readonly data: T }
    | {
        readonly success: false
        readonly error: {
          readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]
        }
      }
}

/** Options of {@link parseJsonDocument}. */
export interface ParseJsonDocumentOptions<T> {
  /** What it has to be. */
  readonly schema: DocumentSchema<T>
  /** Most levels of nesting. */
  readonly maxDepth: number
  /** Makes the error out of why it is refused. */
  readonly refuse: (why: string) => Error
}

/**
 * Reads a JSON text from outside by a schema; throws what `refuse` makes of the first fault, which a key `__proto__` is too,
 * for zod leaves it out without a word. How long it may be is the caller's.
 */
export function parseJsonDocument<T>(
  text: string,
  { schema, maxDepth, refuse }: ParseJsonDocumentOptions<T>,
): T {
  if (isJsonDeeperThan(text, maxDepth)) throw refuse(`nested deeper than ${maxDepth}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refuse('not JSON')
  }
  if (hasPrototypeKey(value)) throw refuse('a key is "__proto__"')
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw refuse(
    `${issue?.path.map(String).join('.') || 'the document'}: ${issue?.message ?? 'not as expected'}`,
  )
}

const hasPrototypeKey = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (Object.hasOwn(value, '__proto__') || Object.values(value).some(hasPrototypeKey))
