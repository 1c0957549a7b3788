import { isNode, LineCounter, parseDocument, type Document } from 'yaml'
import type * as z from 'zod'
import { PolicyError, type PolicyIssue } from '../errors.ts'

const maxBytes = 1024 * 1024

/** A YAML document whose form has been checked. */
export interface ReadDocument<T> {
  readonly data: T
  /** The issue at a path of the document, or at the deepest node on the way that exists. */
  issueAt(path: readonly PropertyKey[], message: string): PolicyIssue
}

/**
 * Reads a YAML 1.2 (or JSON) document by its schema. Unknown fields and duplicate keys are refused, because what is
 * misspelt must not silently not apply.
 *
 * @throws {PolicyError} `POLICY_INVALID` with line and column of each issue.
 * @throws {PolicyError} `LIMIT_EXCEEDED` above 1 MiB.
 */
export function readDocument<T>(
  text: string,
  { source, schema }: { readonly source: string; readonly schema: z.ZodType<T> },
): ReadDocument<T> {
  if (Buffer.byteLength(text) > maxBytes)
    throw new PolicyError('LIMIT_EXCEEDED', `${source}: more than ${maxBytes} bytes`)

  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false })
  if (document.errors.length > 0) {
    throw invalidDocument(
      source,
      document.errors.map((error) => ({
        ...position(lines, error.pos[0]),
        path: '',
        message: error.message,
      })),
    )
  }
  const issueAt = (path: readonly PropertyKey[], message: string, at = path): PolicyIssue => ({
    ...locate(document, lines, at),
    path: formatPath(path),
    message,
  })
  const parsed = schema.safeParse(toPlain(document, source))
  if (!parsed.success) {
    throw invalidDocument(
      source,
      parsed.error.issues.map((issue) =>
        issueAt(
          issue.path,
          issue.message,
          issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path,
        ),
      ),
    )
  }
  return { data: parsed.data, issueAt }
}

/** The error about a document with faults; the first ten are in its message. */
export function invalidDocument(source: string, issues: readonly PolicyIssue[]): PolicyError {
  const shown = issues
    .slice(0, 10)
    .map(
      ({ line, column, path, message }) =>
        `${source}:${line}:${column} ${path === '' ? '' : `${path}: `}${message}`,
    )
  return new PolicyError('POLICY_INVALID', shown.join('\n'), issues)
}

function toPlain(document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    throw new PolicyError(
      'POLICY_INVALID',
      `${source}: ${cause instanceof Error ? cause.message : 'unreadable'}`,
    )
  }
}

/** Position of the node at `path`, or of the deepest one on the way that exists. */
function locate(
  document: Document,
  lines: LineCounter,
  path: readonly PropertyKey[],
): { line: number; column: number } {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return position(lines, node.range[0])
  }
  return { line: 1, column: 1 }
}

function position(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  )
}
