import type { Document } from 'yaml'
import { loadYaml } from '../internal/load-yaml.ts'

const maxBytes = 16 * 1024 * 1024
const maxDocuments = 10_000

/** One document of a YAML text, as plain data. */
export interface YamlDocument {
  readonly data: unknown
  /** Line of what is at a path, or of the deepest part on the way that exists; from 1. */
  lineOf(path: readonly PropertyKey[]): number
}

/** A text that is no YAML. */
export class YamlFault extends Error {
  /** From 1; absent when it is about the whole text. */
  readonly line: number | undefined

  constructor(message: string, line?: number) {
    super(message)
    this.name = 'YamlFault'
    this.line = line
  }
}

/**
 * Reads the documents of a YAML text; duplicate keys are refused.
 *
 * @throws {YamlFault} for anything else, and above 16 MiB or 10,000 documents.
 */
export function readYaml(text: string): readonly YamlDocument[] {
  if (Buffer.byteLength(text) > maxBytes) {
    throw new YamlFault(`more than ${maxBytes} bytes of YAML: give it as JSON`)
  }
  const { LineCounter, parseAllDocuments } = loadYaml()
  const lines = new LineCounter()
  try {
    // Its own check of unique keys takes minutes for large mappings.
    const found = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false })
    const documents = [...found] as Document[]
    if (documents.length > maxDocuments) throw new YamlFault(`more than ${maxDocuments} documents`)
    return documents.map((document) => {
      const [fault] = [...document.errors, ...document.warnings]
      if (fault) throw new YamlFault(fault.message, lines.linePos(fault.pos[0]).line)
      const data: unknown = document.toJS({ maxAliasCount: 100 })
      return { data, lineOf: (path) => lines.linePos(offsetOf(document, path)).line }
    })
  } catch (cause) {
    if (cause instanceof YamlFault) throw cause
    // Among others the overflow of the stack by what is nested too deeply.
    throw new YamlFault(cause instanceof Error ? cause.message.split('\n', 1)[0]! : 'unreadable')
  }
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  const { isNode } = loadYaml()
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}
