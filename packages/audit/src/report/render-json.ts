import { canonicalJson, parseJsonDocument } from '@sallyport/core'
import * as z from 'zod'
import type { AuditRecord } from '../audit-record.ts'
import type { AuditSummary } from '../audit-report.ts'
import { AuditError } from '../errors.ts'
import { auditDocumentSchema } from './audit-document.schema.ts'
import { inChunks } from './in-chunks.ts'

const maxDepth = 32

/** An audit with its records, as {@link parseAuditJson} reads it. */
export interface AuditDocument {
  /** The audit as a whole. */
  readonly summary: AuditSummary
  /** Its records, in the order of repository and digest. */
  readonly records: readonly AuditRecord[]
}

/** Options of {@link parseAuditJson}. */
export interface ParseAuditJsonOptions {
  /** What is read, for messages: a file, usually. */
  readonly source: string
  /** Most bytes. Default 256 MiB. */
  readonly maxBytes?: number | undefined
}

/**
 * An audit as one JSON document, described by {@link auditJsonSchema}: the summary, then each record on a line of its own.
 * However many records there are, one is in memory. Characters that a terminal would not show stand as `\u….`
 */
export function renderAuditJson(
  summary: AuditSummary,
  records: AsyncIterable<AuditRecord>,
): AsyncIterable<string> {
  return inChunks(documentParts(summary, records))
}

async function* documentParts(
  summary: AuditSummary,
  records: AsyncIterable<AuditRecord>,
): AsyncGenerator<string> {
  yield `${toJson(summary).slice(0, -1)},"records":[`
  let separator = '\n'
  for await (const record of records) {
    yield `${separator}${toJson(record)}`
    separator = ',\n'
  }
  yield '\n]}\n'
}

/** Outside of strings, canonical JSON holds none of these characters, so it stays the same value. */
function toJson(value: unknown): string {
  const json = canonicalJson(value)
  // Most records are plain, and to look up classes of Unicode takes longer than all the rest.
  return /^[\x20-\x7e]*$/.test(json) ? json : json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeUnits)
}

const escapeUnits = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('')

/** JSON Schema (2020-12) of what {@link renderAuditJson} writes. Fields may be added to it; none is renamed or removed. */
export function auditJsonSchema(): Record<string, unknown> {
  return {
    $id: 'https://sallyport.dev/schemas/audit/v1',
    ...z.toJSONSchema(auditDocumentSchema, { io: 'input', unrepresentable: 'any' }),
  }
}

/**
 * Reads what {@link renderAuditJson} wrote. Fields that this version does not know are left out; a class or a role that it
 * does not know is refused.
 *
 * @throws {AuditError} `REPORT_INVALID` when it is not an audit, or is too large; the message names the first fault.
 */
export function parseAuditJson(
  text: string,
  { source, maxBytes = 256 * 1024 * 1024 }: ParseAuditJsonOptions,
): AuditDocument {
  const refuse = (what: string) => new AuditError('REPORT_INVALID', `${source}: ${what}`, { subject: source })
  if (Buffer.byteLength(text) > maxBytes) throw refuse(`more than ${maxBytes} bytes`)
  const { records, ...summary } = parseJsonDocument(text, { schema: auditDocumentSchema, maxDepth, refuse })
  return { summary, records }
}
