import { type Digest, parseDigest } from '@sallyport/core'
import type { Database, Query, Row, SqlValue } from '@sallyport/gate/database'
import type {
  JudgedBatch,
  KnownPart,
  KnownPlace,
  KnownSource,
  KnownTag,
  MonitorState,
  Standing,
} from '../ports/monitor-state.ts'

type Knowledge = Pick<
  MonitorState,
  | 'findTag'
  | 'seeTags'
  | 'unseenTags'
  | 'partOf'
  | 'partsOf'
  | 'places'
  | 'findPlace'
  | 'savePlace'
  | 'sources'
  | 'findNote'
  | 'saveNote'
  | 'noteOnce'
>

/** What was where, and what was heard of whom. */
export function knowledgeStore({ query, dialect }: Database): Knowledge {
  const tag = dialect.table('monitor_tag')
  const part = dialect.table('monitor_part')
  const place = dialect.table('monitor_place')
  const source = dialect.table('monitor_source')
  const note = dialect.table('monitor_note')
  const parts = async (column: 'digest' | 'parent', name: string, value: string) =>
    (await query(`SELECT * FROM ${part} WHERE place = $1 AND ${column} = $2`, [name, value])).map(toPart)
  return {
    async findTag(name, wanted) {
      const [row] = await query(`SELECT * FROM ${tag} WHERE place = $1 AND tag = $2`, [name, wanted])
      return row && toTag(row)
    },
    async seeTags(name, tags, look) {
      const rows = await query(
        `UPDATE ${tag} SET seen = $3 FROM ${dialect.triples('$2')} AS told
         WHERE ${tag}.place = $1 AND ${tag}.tag = told.a 
         RETURNING ${tag}.tag, ${tag}.digest, ${tag}.standing, ${tag}.at`,
        [name, JSON.stringify(tags.map((each) => [each, '', ''])), look],
      )
      return rows.map(toTag)
    },
    async unseenTags(name, look, after = '') {
      const rows = await query(
        `SELECT * FROM ${tag} WHERE place = $1 AND tag > $2 AND (seen IS NULL OR seen <> $3) ORDER BY tag LIMIT 1000`,
        [name, after, look],
      )
      return rows.map(toTag)
    },
    partOf: (name, digest) => parts('digest', name, digest),
    partsOf: (name, parent) => parts('parent', name, parent),
    places: async () => (await query(`SELECT * FROM ${place} ORDER BY place`)).map(toPlace),
    async findPlace(name) {
      const [row] = await query(`SELECT * FROM ${place} WHERE place = $1`, [name])
      return row && toPlace(row)
    },
    async savePlace(known) {
      await query(
        `INSERT INTO ${place} (place, at, hash, tags) VALUES ($1, $2, $3, $4)
         ON CONFLICT (place) DO UPDATE SET at = excluded.at, hash = excluded.hash, tags = excluded.tags`,
        [known.place, known.at ?? null, known.hash ?? null, known.tags ?? null],
      )
    },
    async sources() {
      const rows = await query(`SELECT * FROM ${source} ORDER BY source, registry`)
      return rows.map((row) => ({
        source: String(row['source']),
        registry: String(row['registry']),
        lastAt: String(row['last_at']),
        highest: row['highest'] === null ? undefined : Number(row['highest']),
        holes: JSON.parse(String(row['holes'])) as [number, number, string][],
      }))
    },
    async findNote(name) {
      const [row] = await query(`SELECT value FROM ${note} WHERE name = $1`, [name])
      return row && String(row['value'])
    },
    async saveNote(name, value) {
      await query(
        `INSERT INTO ${note} (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
        [name, value],
      )
    },
    async noteOnce(name, value) {
      const rows = await query(
        `INSERT INTO ${note} (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING name`,
        [name, value],
      )
      return rows.length > 0
    },
  }
}

/** Writes what was heard of sources, within the transaction that keeps the events. */
export async function writeSources(
  query: Query,
  { dialect }: Pick<Database, 'dialect'>,
  sources: readonly KnownSource[],
): Promise<void> {
  const table = dialect.table('monitor_source')
  for (const { source, registry, lastAt, highest, holes } of sources) {
    await query(
      `INSERT INTO ${table} (source, registry, last_at, highest, holes) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (source, registry) DO UPDATE SET
         last_at = excluded.last_at, highest = excluded.highest, holes = excluded.holes`,
      [source, registry, lastAt, highest === undefined ? null : String(highest), JSON.stringify(holes)],
    )
  }
}

/** Writes what a batch found out about tags and parts, within its transaction. */
export async function writeKnowledge(
  query: Query,
  { dialect }: Pick<Database, 'dialect'>,
  { tags, goneTags, parts, goneParts }: Pick<JudgedBatch, 'tags' | 'goneTags' | 'parts' | 'goneParts'>,
): Promise<void> {
  const run = async (sql: string, rows: readonly (readonly SqlValue[])[]) => {
    for (const row of rows) await query(sql, row)
  }
  const tag = dialect.table('monitor_tag')
  const part = dialect.table('monitor_part')
  // An alert about the same outweighs what explains it; what was noted says nothing about what was judged.
  const weight = ({ standing }: { readonly standing: Standing }) =>
    ['noted', 'explained', 'alert'].indexOf(standing)
  const byWeight = <T extends { readonly standing: Standing }>(all: readonly T[]) =>
    all.toSorted((one, other) => weight(one) - weight(other))
  const keepJudged = (table: string) => `WHERE excluded.standing <> 'noted' OR ${table}.standing = 'noted'`
  await run(
    `INSERT INTO ${tag} AS known (place, tag, digest, standing, at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (place, tag) DO UPDATE SET digest = excluded.digest, standing = excluded.standing, at = excluded.at
     ${keepJudged('known')}`,
    byWeight(tags).map(({ place, tag, digest, standing, at }) => [place, tag, digest, standing, at]),
  )
  await run(
    `INSERT INTO ${dialect.table('monitor_place')} (place) VALUES ($1) ON CONFLICT (place) DO NOTHING`,
    [...new Set([...tags, ...parts].map(({ place }) => place))].map((place) => [place]),
  )
  await run(
    `DELETE FROM ${tag} WHERE place = $1 AND tag = $2`,
    goneTags.map(({ place, tag }) => [place, tag]),
  )
  await run(
    `INSERT INTO ${part} AS known (place, digest, parent, relation, standing, incident) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (place, digest, parent) DO UPDATE SET relation = excluded.relation,
       standing = excluded.standing, incident = coalesce(excluded.incident, known.incident)
     ${keepJudged('known')}`,
    byWeight(parts).map(({ place, digest, parent, relation, standing, incident }) => [
      place,
      digest,
      parent,
      relation,
      standing,
      incident ?? null,
    ]),
  )
  await run(
    `DELETE FROM ${part} WHERE place = $1 AND digest = $2 AND parent = $3`,
    goneParts.map(({ place, digest, parent }) => [place, digest, parent]),
  )
}

function toTag(row: Row): KnownTag {
  return {
    tag: String(row['tag']),
    digest: parseDigest(String(row['digest'])),
    standing: String(row['standing']) as Standing,
    at: String(row['at']),
  }
}

function toPart(row: Row): KnownPart {
  return {
    digest: parseDigest(String(row['digest'])),
    parent: String(row['parent']),
    relation: String(row['relation']) as KnownPart['relation'],
    standing: String(row['standing']) as Standing,
    incident: row['incident'] === null ? undefined : String(row['incident']),
  }
}

function toPlace(row: Row): KnownPlace {
  const text = (column: string) => (row[column] === null ? undefined : String(row[column]))
  return {
    place: String(row['place']),
    at: text('at'),
    hash: text('hash') as Digest | undefined,
    tags: row['tags'] === null ? undefined : Number(row['tags']),
  }
}
