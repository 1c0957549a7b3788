import type { Digest, Platform } from '@sallyport/core'
import { readJson, type Row } from '@sallyport/gate/database'
import type { AuditClass, ManifestRole } from '../audit-class.ts'
import type { RecordFields } from '../state/record-row.ts'
import type { RepositoryWork, Write } from '../state/repository-work.ts'

const pageSize = 100

/** Writes the records of a repository, once all of it was looked at. */
export async function writeRecords(work: RepositoryWork, now: () => Date): Promise<void> {
  for (let last = ''; ;) {
    const page = await work.rows(
      `SELECT n.*, d.body ->> '$.class' AS class FROM audit_node n LEFT JOIN audit_document d ON d.id = n.document
       WHERE n.audit = $1 AND n.repository = $2 AND n.digest > $3 AND n.state NOT IN ('dormant', 'absent')
       ORDER BY n.digest LIMIT ${pageSize}`,
      [last],
    )
    const writes: Write[] = []
    for (const node of page) writes.push(await toRecordWrite(work, node, now))
    await work.commit(writes)
    const end = page.at(-1)
    if (end === undefined || page.length < pageSize) break
    last = String(end['digest'])
  }
  for (let last: string | null = null; ;) {
    const page = await work.rows(
      `SELECT tag, code, message FROM audit_tag
       WHERE audit = $1 AND repository = $2 AND digest IS NULL AND code IS NOT NULL AND ($3 IS NULL OR tag > $3)
       ORDER BY tag LIMIT ${pageSize}`,
      [last],
    )
    await work.commit(page.map((row) => toUnlistedWrite(work, row, now)))
    const end = page.at(-1)
    if (end === undefined || page.length < pageSize) break
    last = String(end['tag'])
  }
}

interface Place {
  readonly role: ManifestRole
  readonly parents: readonly Digest[]
  readonly platform?: Platform | undefined
}

async function toRecordWrite(work: RepositoryWork, node: Row, now: () => Date): Promise<Write> {
  const text = (name: string): string | undefined => (node[name] as string | null) ?? undefined
  const digest = node['digest'] as Digest
  const { role, parents, platform } = await placeOf(work, digest, node)
  const tags = await work.tagsOf(digest)
  const isUnread = role === 'unread'
  const auditClass: AuditClass | undefined = isUnread ? 'error' : (text('class') as AuditClass | undefined)
  const fields: RecordFields = {
    tags,
    mediaType: text('media_type'),
    artifactType: text('artifact_type'),
    platform,
    ...(parents.length > 0 && { parents }),
    size: (node['size'] as number | null) ?? undefined,
    pushedAt: text('pushed_at'),
    pulledAt: text('pulled_at'),
    auditedAt: text('looked_at') ?? now().toISOString(),
    ...(isUnread && {
      problems: [{ class: 'error', code: text('code'), message: text('message') ?? 'it could not be read' }],
    }),
  }
  return insert(work, {
    digest,
    tag: '',
    role,
    auditClass,
    tagCount: tags.length,
    anew: auditClass === undefined || isUnread ? null : Number(node['anew'] ?? 1),
    document: text('document') ?? null,
    fields,
  })
}

function toUnlistedWrite(work: RepositoryWork, row: Row, now: () => Date): Write {
  const tag = String(row['tag'])
  const fields: RecordFields = {
    tags: tag === '' ? [] : [tag],
    auditedAt: now().toISOString(),
    problems: [{ class: 'error', code: String(row['code']), message: String(row['message']) }],
  }
  const tagCount = fields.tags.length
  return insert(work, {
    digest: '',
    tag,
    role: 'unread',
    auditClass: 'error',
    tagCount,
    anew: null,
    document: null,
    fields,
  })
}

function insert(
  work: RepositoryWork,
  row: {
    readonly digest: string
    readonly tag: string
    readonly role: ManifestRole
    readonly auditClass: AuditClass | undefined
    readonly tagCount: number
    readonly anew: number | null
    readonly document: string | null
    readonly fields: RecordFields
  },
): Write {
  return work.write(
    `INSERT OR REPLACE INTO audit_record
       (audit, repository, digest, tag, role, class, tag_count, anew, document, fields)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      row.digest,
      row.tag,
      row.role,
      row.auditClass ?? null,
      row.tagCount,
      row.anew,
      row.document,
      JSON.stringify(row.fields),
    ],
  )
}

/** What a manifest is in its repository, by what leads to it. */
async function placeOf(work: RepositoryWork, digest: Digest, node: Row): Promise<Place> {
  const edges = await work.rows(
    `SELECT e.kind, e.parent, e.platform, n.state FROM audit_edge e
       LEFT JOIN audit_node n ON n.audit = e.audit AND n.repository = e.repository AND n.digest = e.parent
     WHERE e.audit = $1 AND e.repository = $2 AND e.child = $3 ORDER BY e.parent`,
    [digest],
  )
  const from = (...kinds: string[]): readonly Row[] =>
    edges.filter((edge) => kinds.includes(String(edge['kind'])))
  const parentsOf = (rows: readonly Row[]): readonly Digest[] => [
    ...new Set(rows.map((edge) => edge['parent'] as Digest)),
  ]
  const members = from('member')
  if (node['state'] === 'unread') return { role: 'unread', parents: parentsOf(members) }
  if (node['kind'] === 'index') return { role: 'index', parents: parentsOf(members) }
  if (node['kind'] === 'image') {
    const platform = members.map((edge) => edge['platform'] as string | null).find((each) => each !== null)
    return {
      role: members.length > 0 ? 'platform' : 'image',
      parents: parentsOf(members),
      ...(platform && { platform: readJson<Platform>(platform, `the platform of ${digest}`) }),
    }
  }
  // What a list says counts only where neither the evidence nor its tag names a subject.
  const named =
    [from('subject', 'tag'), from('attests'), from('listed')].find((rows) => rows.length > 0) ?? []
  if (named.length === 0) {
    const isList = node['kind'] === 'list'
    return { role: isList ? 'stray-evidence' : 'artifact', parents: parentsOf(members) }
  }
  const isThere = named.some((edge) => edge['state'] !== null && edge['state'] !== 'absent')
  return { role: isThere ? 'evidence' : 'stray-evidence', parents: parentsOf(named) }
}
