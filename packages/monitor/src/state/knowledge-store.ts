import { type Digest, parseDigest } from '@sallyport/core'
import type { Database, Query, Row, SqlValue } from '@sallyport/gate/database'
import type { JudgedBatch, KnownPart, KnownPlace, KnownTag, MonitorState, Standing } from '../ports/monitor-state.ts'

type Knowledge = Pick<
  MonitorState,
  | 'findTag'
  | 'tags'
  | 'partOf'
  | 'partsOf'
  | 'countKnown'
  | 'places'
  | 'findPlace'
  | 'savePlace'
  | 'sources'
  | 'saveSources'
  | 'findNote'
  | 'saveNote'
  | 'noteOnce'
>

/** What was where, and what was heard of whom. */
export function knowledgeStore({ query, dialect, transaction }: Database): Knowledge {
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
    async tags(name, after = '') {
      const rows = await query(
        `SELECT * FROM ${tag} WHERE place = $1 AND tag > $2 ORDER BY tag LIMIT 1000`,
        [name, after],
      )
      return rows.map(toTag)
    },
    partOf: (name, digest) => parts('digest', name, digest),
    partsOf: (name, parent) => parts('parent', name, parent),
    async countKnown(name) {
      const [row] = await query(
        `SELECT (SELECT count(*) FROM ${tag} WHERE place = $1) + (SELECT count(*) FROM ${part} WHERE place = $1) AS n`,
        [name],
      )
      return Number(row?.['n'])
    },
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
    async saveSources(known) {
      await transaction(async (query) => {
        for (const { source: name, registry, lastAt, highest, holes } of known) {
          await query(
            `INSERT INTO ${source} (source, registry, last_at, highest, holes) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (source, registry) DO UPDATE SET
               last_at = excluded.last_at, highest = excluded.highest, holes = excluded.holes`,
            [name, registry, lastAt, highest === undefined ? null : String(highest), JSON.stringify(holes)],
          )
        }
      })
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
  await run(
    `INSERT INTO ${tag} (place, tag, digest, standing, at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (place, tag) DO UPDATE SET digest = excluded.digest, standing = excluded.standing, at = excluded.at`,
    tags.map(({ place, tag, digest, standing, at }) => [place, tag, digest, standing, at]),
  )
  await run(
    `DELETE FROM ${tag} WHERE place = $1 AND tag = $2`,
    goneTags.map(({ place, tag }) => [place, tag]),
  )
  await run(
    `INSERT INTO ${part} (place, digest, parent, relation, standing, incident) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (place, digest, parent) DO UPDATE SET
       relation = excluded.relation, standing = excluded.standing, incident = excluded.incident`,
    parts.map(({ place, digest, parent, relation, standing, incident }) => [
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
