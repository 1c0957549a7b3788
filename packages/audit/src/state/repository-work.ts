import { type Digest, isIndexMediaType, isManifestMediaType, type Platform } from '@sallyport/core'
import { type Database, readJson, type Row, type SqlValue } from '@sallyport/gate/database'
import type { ManifestShape } from '../walk/manifest-shape.ts'

/**
 * How far an audit is with a manifest. `dormant`: listed, but left out by a filter so far; `found`: not looked at;
 * `undecided`: an index under a fallback tag, a list or an image; `shaped`: its content is known; `done`; `unread`: could
 * not be read; `absent`: something names it, and it is not there.
 */
export type NodeState = 'dormant' | 'found' | 'undecided' | 'shaped' | 'done' | 'unread' | 'absent'

/** `list`: an index of referrers under a fallback tag. */
export type NodeKind = ManifestShape['kind'] | 'list'

/**
 * How manifests hang together. `member`: an index lists it; `entry`: a list of referrers under a fallback tag does. The
 * others lead from a subject to its evidence, by who says so: `tag`, the evidence itself (`subject`), an index
 * (`attests`), or a list of referrers (`listed`).
 */
export type EdgeKind = 'member' | 'entry' | 'tag' | 'subject' | 'attests' | 'listed'

/** A statement with its values, to be run with others as one. */
export type Write = readonly [sql: string, parameters: readonly SqlValue[]]

/** What was found at a place last. */
export interface KnownPlace {
  readonly present: boolean
  readonly seenAt: string
  readonly seenIn: string
  readonly basis?: string | undefined
  readonly document?: string | undefined
  readonly referrers: readonly Digest[]
  readonly examinedAt?: string | undefined
  readonly examinedIn?: string | undefined
}

/** A manifest that an audit is to look at. */
export interface WorkNode {
  readonly digest: Digest
  readonly listed: boolean
  /** Whether an index lists it. */
  readonly isMember: boolean
  /** By its content, unless it is listed as another type of manifest: then it may be something else here. */
  readonly shape?: ManifestShape | undefined
  readonly place?: KnownPlace | undefined
}

/** What is known of one repository while it is audited. */
export interface RepositoryWork {
  readonly audit: string
  readonly registry: string
  readonly repository: string
  /** Runs statements as one. */
  commit(writes: readonly Write[]): Promise<void>
  /** The first manifests in a state, by digest. */
  nodes(state: NodeState, kinds: readonly NodeKind[] | undefined, limit: number): Promise<readonly WorkNode[]>
  /** Rows of one of its tables; `$1` and `$2` are the audit and the repository. */
  rows(sql: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]>
  /** A statement about it; `$1` and `$2` are the audit and the repository. */
  write(sql: string, parameters?: readonly SqlValue[]): Write
  /** Adds a manifest that something names, and wakes it when a filter had left it out. */
  addNode(digest: Digest): Write
  addEdge(kind: EdgeKind, parent: Digest, child: Digest, platform?: Platform): Write
  setState(digest: Digest, state: NodeState, kind?: NodeKind): Write
  setUnread(digest: Digest, code: string, message: string): Write
  /** Notes for later audits whether a manifest is there. */
  sawPlace(digest: Digest, isPresent: boolean, at: string): Write
  tagsOf(digest: Digest): Promise<readonly string[]>
  /** What a tag of the listing points to: `absent` when it is not listed, `unknown` when that could not be told. */
  digestOfTag(tag: string): Promise<Digest | 'absent' | 'unknown'>
}

/** Gives access to what is known of a repository. */
export function openRepositoryWork(
  database: Database,
  place: Pick<RepositoryWork, 'audit' | 'registry' | 'repository'>,
): RepositoryWork {
  const { audit, registry, repository } = place
  const own = [audit, repository]
  const rows: RepositoryWork['rows'] = (sql, parameters = []) => database.query(sql, [...own, ...parameters])
  const write: RepositoryWork['write'] = (sql, parameters = []) => [sql, [...own, ...parameters]]
  return {
    ...place,
    rows,
    write,
    async commit(writes) {
      if (writes.length === 0) return
      await database.transaction(async (query) => {
        for (const [sql, parameters] of writes) await query(sql, parameters)
      })
    },
    async nodes(state, kinds, limit) {
      const kind = kinds === undefined ? '' : `AND n.kind IN (${kinds.map((each) => `'${each}'`).join(', ')})`
      const found = await rows(
        `SELECT n.digest, n.listed, n.media_type, c.shape, p.present, p.seen_at, p.seen_in, p.basis, p.document, p.referrers,
           p.examined_at, p.examined_in, EXISTS (
             SELECT 1 FROM audit_edge e
             WHERE e.audit = $1 AND e.repository = $2 AND e.child = n.digest AND e.kind = 'member'
           ) AS member
         FROM audit_node n LEFT JOIN audit_content c ON c.digest = n.digest
           LEFT JOIN audit_place p ON p.registry = $3 AND p.repository = $2 AND p.digest = n.digest
         WHERE n.audit = $1 AND n.repository = $2 AND n.state = $4 ${kind} ORDER BY n.digest LIMIT $5`,
        [registry, state, limit],
      )
      return found.map(toNode)
    },
    addNode: (digest) =>
      write(
        `INSERT INTO audit_node (audit, repository, digest, listed, state) VALUES ($1, $2, $3, 0, 'found')
         ON CONFLICT DO UPDATE SET state = 'found' WHERE state = 'dormant'`,
        [digest],
      ),
    addEdge: (kind, parent, child, platform) =>
      write(
        `INSERT OR IGNORE INTO audit_edge (audit, repository, kind, parent, child, platform)
         VALUES ($1, $2, $3, $4, $5, $6)`,
        [kind, parent, child, platform === undefined ? null : JSON.stringify(platform)],
      ),
    setState: (digest, state, kind) =>
      write(
        `UPDATE audit_node SET state = $4, kind = COALESCE($5, kind)
         WHERE audit = $1 AND repository = $2 AND digest = $3`,
        [digest, state, kind ?? null],
      ),
    setUnread: (digest, code, message) =>
      write(
        `UPDATE audit_node SET state = 'unread', code = $4, message = $5
         WHERE audit = $1 AND repository = $2 AND digest = $3`,
        [digest, code, message],
      ),
    sawPlace: (digest, isPresent, at) => [
      `INSERT INTO audit_place (registry, repository, digest, present, seen_at, seen_in)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT DO UPDATE SET present = excluded.present, seen_at = excluded.seen_at, seen_in = excluded.seen_in`,
      [registry, repository, digest, isPresent ? 1 : 0, at, audit],
    ],
    async tagsOf(digest) {
      const found = await rows(
        'SELECT tag FROM audit_tag WHERE audit = $1 AND repository = $2 AND digest = $3 ORDER BY tag',
        [digest],
      )
      return found.map((row) => String(row['tag']))
    },
    async digestOfTag(tag) {
      const [row] = await rows(
        'SELECT digest FROM audit_tag WHERE audit = $1 AND repository = $2 AND tag = $3',
        [tag],
      )
      if (row === undefined) return 'absent'
      return (row['digest'] as Digest | null) ?? 'unknown'
    },
  }
}

function toNode(row: Row): WorkNode {
  const text = (name: string): string | undefined => (row[name] as string | null) ?? undefined
  const shape = text('shape')
  const known = shape === undefined ? undefined : readJson<ManifestShape>(shape, `what ${row['digest']} is`)
  const listedAs = text('media_type')
  const isOtherType =
    listedAs !== undefined &&
    (isManifestMediaType(listedAs) || isIndexMediaType(listedAs)) &&
    listedAs !== known?.mediaType
  const seenAt = text('seen_at')
  return {
    digest: row['digest'] as Digest,
    listed: row['listed'] === 1,
    isMember: row['member'] === 1,
    shape: isOtherType ? undefined : known,
    place:
      seenAt === undefined
        ? undefined
        : {
            present: row['present'] === 1,
            seenAt,
            seenIn: text('seen_in') ?? '',
            basis: text('basis'),
            document: text('document'),
            referrers: readJson<Digest[]>(text('referrers') ?? '[]', `what refers to ${row['digest']}`),
            examinedAt: text('examined_at'),
            examinedIn: text('examined_in'),
          },
  }
}
