import type * as z from 'zod'
import type { PolicyIssue } from '../errors.ts'
import { decodeText } from './decode-text.ts'
import { invalidDocument, issueIn, type OpenDocument, openYaml } from './open-yaml.ts'

/** A YAML document whose form has been checked. */
export interface ReadDocument<T> {
  /** What the document says. */
  readonly data: T
  /** The issue at a path of the document, or at the deepest node on the way that exists. */
  issueAt(path: readonly PropertyKey[], message: string): PolicyIssue
}

/**
 * Reads a YAML 1.2 (or JSON) document by its schema, as text or as its UTF-8 bytes. Unknown fields and duplicate keys are refused, because what is
 * misspelt must not silently not apply.
 *
 * @throws {PolicyError} `POLICY_INVALID` with line and column of each issue.
 * @throws {PolicyError} `LIMIT_EXCEEDED` above 1 MiB, or when it is nested or cut up beyond all reason.
 */
export function readDocument<T>(
  text: string | Uint8Array,
  { source, schema }: { readonly source: string; readonly schema: z.ZodType<T> },
): ReadDocument<T> {
  const document = openYaml(decodeText(text, source), source)
  return {
    data: checkForm(document, schema),
    issueAt: (path, message) => issueIn(document, path, message),
  }
}

/**
 * The data of a document in the form of a schema.
 *
 * @throws {PolicyError} `POLICY_INVALID` with the position of each issue.
 */
export function checkForm<T>(document: OpenDocument, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(document.data)
  if (parsed.success) return parsed.data
  throw invalidDocument(
    document.source,
    formFaults(parsed.error).map(({ path, message, of }) => issueIn(document, path, message, of)),
  )
}

/** One thing that is wrong with the form of some data. */
export interface FormFault {
  readonly path: readonly PropertyKey[]
  readonly message: string
  /** Whether the key is at fault, and not its value. */
  readonly of: 'value' | 'key'
}

/** What a schema found wrong, with each unknown field on its own. */
export function formFaults(error: z.ZodError): FormFault[] {
  return error.issues.flatMap((issue): FormFault[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: [...issue.path, key],
        message: `unknown field "${key}"`,
        of: 'key',
      }))
    }
    if (issue.code === 'invalid_key') {
      return [{ path: issue.path, message: issue.issues[0]?.message ?? issue.message, of: 'key' }]
    }
    return [{ path: issue.path, message: inWords(issue.message), of: 'value' }]
  })
}

/** What a schema says of a wrong type, in the words of documents. */
function inWords(message: string): string {
  const wrong = /^Invalid input: expected (\w+), received (\w+)$/.exec(message)
  if (!wrong) return message
  const [, expected = '', received = ''] = wrong
  const words: Readonly<Record<string, string>> = {
    array: 'a list',
    boolean: 'true or false',
    int: 'a whole number',
    null: 'nothing',
    number: 'a number',
    object: 'a mapping',
    record: 'a mapping',
    string: 'text',
  }
  const [wanted, got] = [words[expected] ?? expected, words[received] ?? received]
  if (received === 'undefined') return `missing; expected ${wanted}`
  return wanted === 'a whole number' ? `expected ${wanted}` : `expected ${wanted}, not ${got}`
}
