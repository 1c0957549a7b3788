import type { Document, Node, Pair } from 'yaml'
import { PolicyError, type PolicyIssue } from '../errors.ts'
import { loadYaml } from '../internal/load-libraries.ts'
import { findDataFault } from './plain-data.ts'

const maxBytes = 1024 * 1024
/** Of the lexer: some 30,000 fields. */
const maxTokens = 250_000
/** A bound for the recursion of the parser; what is allowed is less. */
const maxNesting = 100

/** Where something stands in a text, 1-based; both 0 in a document that is no text. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A document as plain data, of which it is known where each part stands. */
export interface OpenDocument {
  readonly source: string
  readonly data: unknown
  /** Position of what is at a path (or of its key), or of the deepest part on the way that exists. */
  positionOf(path: readonly PropertyKey[], of?: 'value' | 'key'): Position
}

/**
 * Reads YAML 1.2 (or JSON) as plain data. Duplicate keys, keys that are no text, tags, and everything that is made to
 * exhaust a reader are refused.
 *
 * @throws {PolicyError} `POLICY_INVALID` with line and column of each issue.
 * @throws {PolicyError} `LIMIT_EXCEEDED` above 1 MiB, 250,000 tokens or 100 levels.
 */
export function openYaml(text: string, source: string): OpenDocument {
  if (Buffer.byteLength(text) > maxBytes)
    throw new PolicyError('LIMIT_EXCEEDED', `${source}: more than ${maxBytes} bytes`)
  limitTokens(text, source)

  const { LineCounter, parseDocument } = loadYaml()
  const lines = new LineCounter()
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  // Its own check of unique keys takes minutes for a mapping of 60,000; see findKeyFaults.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false })
  const faults = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    offset: pos[0],
    message,
  }))
  const { yaml } = document.directives ?? {}
  if (yaml?.explicit && yaml.version !== '1.2') {
    faults.push({ offset: 0, message: `expected YAML 1.2, not ${yaml.version}` })
  }
  if (faults.length === 0) faults.push(...findKeyFaults(document))
  if (faults.length > 0) {
    throw invalidDocument(
      source,
      faults.map(({ offset, message }) => ({ ...at(offset), path: '', message })),
    )
  }
  const opened: OpenDocument = {
    source,
    data: toPlain(document, source),
    positionOf: (path, of = 'value') => at(locate(document, path, of)),
  }
  const fault = findDataFault(opened.data)
  if (fault) throw invalidDocument(source, [issueIn(opened, fault.path, fault.message)])
  return opened
}

/** The issue at a path of a document. */
export function issueIn(
  document: OpenDocument,
  path: readonly PropertyKey[],
  message: string,
  of?: 'value' | 'key',
): PolicyIssue {
  return { ...document.positionOf(path, of), path: formatPath(path), message }
}

/** The error about a document with faults, in the order of the text; the first ten are in its message. */
export function invalidDocument(source: string, issues: readonly PolicyIssue[]): PolicyError {
  const ordered = issues.toSorted((one, other) => one.line - other.line || one.column - other.column)
  const shown = ordered.slice(0, 10).map(({ line, column, path, message }) => {
    const where = line === 0 ? `${source}:` : `${source}:${line}:${column}`
    return `${where} ${path === '' ? '' : `${path}: `}${message}`
  })
  const more = ordered.length - shown.length
  if (more > 0) shown.push(`and ${more} more`)
  return new PolicyError('POLICY_INVALID', shown.join('\n'), ordered)
}

/** The parser works through nesting by recursion, and slowly through text that is nothing but signs. */
function limitTokens(text: string, source: string): void {
  const { CST, Lexer } = loadYaml()
  let tokens = 0
  let open = 0
  let nesting = 0
  let isLineStart = true
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token)
    if (type === 'flow-map-start' || type === 'flow-seq-start') open++
    else if (type === 'flow-map-end' || type === 'flow-seq-end') open--
    else if (type === 'newline') nesting = 0
    else if (type === 'space' && isLineStart) nesting = token.length
    else if (type === 'seq-item-ind' || type === 'explicit-key-ind') nesting++
    isLineStart = type === 'newline'
    if (++tokens > maxTokens || open > maxNesting || nesting > maxNesting)
      throw new PolicyError(
        'LIMIT_EXCEEDED',
        `${source}: more than ${tokens > maxTokens ? `${maxTokens} tokens` : `${maxNesting} levels`}`,
      )
  }
}

/** Keys that are no text, or that occur twice in a mapping. */
function findKeyFaults(document: Document): { offset: number; message: string }[] {
  const { isMap, isNode, isScalar, isSeq } = loadYaml()
  const faults: { offset: number; message: string }[] = []
  const visit = (node: unknown): void => {
    if (isSeq(node)) for (const item of node.items) visit(item)
    if (!isMap(node)) return
    const seen = new Set<string>()
    for (const { key, value } of node.items) {
      const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0
      if (!isScalar(key) || typeof key.value !== 'string') {
        faults.push({ offset, message: 'expected text as key; put it in quotes' })
      } else {
        if (seen.has(key.value))
          faults.push({ offset, message: `Map keys must be unique: a second "${key.value}"` })
        seen.add(key.value)
      }
      visit(value)
    }
  }
  visit(document.contents)
  return faults
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

function locate(document: Document, path: readonly PropertyKey[], of: 'value' | 'key'): number {
  const { isMap, isPair, isScalar, isSeq } = loadYaml()
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [depth, part] of path.entries()) {
    let key: unknown
    let value: unknown
    if (isMap(node)) {
      const pair = node.items.find(
        (item: Pair) => isPair(item) && isScalar(item.key) && item.key.value === part,
      )
      if (!pair) return offset
      key = pair.key
      value = pair.value
    } else if (isSeq(node) && typeof part === 'number') value = node.items[part]
    else return offset
    if (value === undefined) return offset
    offset =
      startOf(of === 'key' && depth === path.length - 1 ? (key ?? value) : value) ?? startOf(key) ?? offset
    node = value
  }
  return offset
}

function startOf(node: unknown): number | undefined {
  return loadYaml().isNode(node) ? (node as Node).range?.[0] : undefined
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  )
}
