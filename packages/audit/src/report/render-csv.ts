import type { AuditRecord } from '../audit-record.ts'
import { adviceOn } from './advice.ts'
import { flagsOf, isFlagged } from './class-order.ts'
import { csvLine } from './csv-field.ts'
import { describeDeployments, describeSigner, kindOf } from './describe-record.ts'
import { inChunks } from './in-chunks.ts'

/** Most of anything that a record holds many of in a cell. */
const most = 50

/** Columns with what stands in them; a new one goes to the end. */
const columns: readonly (readonly [string, (record: AuditRecord) => string | number | undefined])[] = [
  ['registry', ({ registry }) => registry],
  ['repository', ({ repository }) => repository],
  ['digest', ({ digest }) => digest],
  ['tags', ({ tags }) => some(tags)],
  ['role', ({ role }) => role],
  ['class', (record) => record.class],
  ['classes', (record) => flagsOf(record).join(' ')],
  ['running', ({ deployments }) => deployments?.length],
  ['deployments', (record) => describeDeployments(record, most)],
  ['message', ({ problems }) => some(problems.map(({ message }) => message))],
  ['codes', ({ problems }) => some(problems.flatMap(({ code }) => code ?? []))],
  ['action', (record) => (isFlagged(record) ? adviceOn(record.class!).action : undefined)],
  ['kind', kindOf],
  ['media type', ({ mediaType }) => mediaType],
  ['artifact type', ({ artifactType }) => artifactType],
  ['size', ({ size }) => size],
  ['pushed at', ({ pushedAt }) => pushedAt],
  ['pulled at', ({ pulledAt }) => pulledAt],
  ['evidence verified', ({ evidence }) => evidence.filter(({ verified }) => verified).length],
  ['evidence rejected', ({ evidence }) => evidence.filter(({ verified }) => !verified).length],
  [
    'signers',
    ({ evidence }) => some([...new Set(evidence.map(describeSigner))].filter((each) => each !== '')),
  ],
  ['decision by', ({ decision }) => decision?.verifier],
  ['decision for', ({ decision }) => decision?.resourceUri],
  ['decision at', ({ decision }) => decision?.at],
  ['verdict today', ({ judgement }) => judgement?.verdict],
  ['parents', ({ parents = [] }) => some(parents)],
  ['audited at', ({ auditedAt }) => auditedAt],
]

/**
 * Records as CSV (RFC 4180) with a line of names: one line a record, and no cell that a spreadsheet would calculate.
 * However many records there are, one is in memory.
 */
export function renderAuditCsv(records: AsyncIterable<AuditRecord>): AsyncIterable<string> {
  return inChunks(lines(records))
}

async function* lines(records: AsyncIterable<AuditRecord>): AsyncGenerator<string> {
  yield csvLine(columns.map(([name]) => name))
  for await (const record of records) yield csvLine(columns.map(([, read]) => String(read(record) ?? '')))
}

function some(values: readonly string[]): string {
  const rest = values.length - most
  return `${values.slice(0, most).join(' | ')}${rest > 0 ? ` | and ${rest} more` : ''}`
}
