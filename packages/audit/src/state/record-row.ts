import type { Digest } from '@sallyport/core'
import { readJson, type Row } from '@sallyport/gate/database'
import type { AuditClass, ManifestRole } from '../audit-class.ts'
import type { AuditProblem, AuditRecord } from '../audit-record.ts'
import type { ManifestShape } from '../walk/manifest-shape.ts'

/** What an examination found, as it is kept. */
export type KeptExamination = Pick<AuditRecord, 'class' | 'problems' | 'evidence' | 'decision' | 'judgement'>

/** Fields of a record that neither its content nor its examination says. */
export type RecordFields = Pick<
  AuditRecord,
  | 'tags'
  | 'mediaType'
  | 'artifactType'
  | 'platform'
  | 'parents'
  | 'size'
  | 'pushedAt'
  | 'pulledAt'
  | 'auditedAt'
> & { readonly problems?: readonly AuditProblem[] | undefined }

/** A record from its row, joined with its content and its examination. */
export function toRecord(row: Row, registry: string): AuditRecord {
  const read = <T>(name: string): T | undefined =>
    row[name] === null ? undefined : readJson<T>(row[name], 'a record of an audit')
  const fields = read<RecordFields>('fields')!
  const shape = read<ManifestShape>('shape')
  const examination = read<KeptExamination>('body')
  const digest = String(row['digest'])
  const auditClass = row['class'] as AuditClass | null
  const record: AuditRecord = {
    registry,
    repository: String(row['repository']),
    digest: digest === '' ? undefined : (digest as Digest),
    role: row['role'] as ManifestRole,
    tags: fields.tags,
    mediaType: shape?.mediaType ?? fields.mediaType,
    artifactType: shape?.artifactType ?? fields.artifactType,
    platform: fields.platform,
    config: shape?.config,
    children: shape?.kind === 'index' ? [...new Set(shape.members.map((each) => each.digest))] : undefined,
    parents: fields.parents,
    size: fields.size ?? shape?.size,
    pushedAt: fields.pushedAt,
    pulledAt: fields.pulledAt,
    class: auditClass ?? undefined,
    problems: fields.problems ?? examination?.problems ?? [],
    evidence: examination?.evidence ?? [],
    decision: examination?.decision,
    judgement: examination?.judgement,
    auditedAt: fields.auditedAt,
  }
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  ) as unknown as AuditRecord
}
