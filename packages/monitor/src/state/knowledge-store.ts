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
  | 'recall'
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
  const pairs = (wanted: readonly (readonly [string, string])[]) =>
    JSON.stringify(
      [...new Set(wanted.map(([place, name]) => JSON.stringify([place, name, ''])))].map(
        (each) => JSON.parse(each) as unknown,
      ),
    )
  const ofPairs = async (from: string, column: string, wanted: readonly (readonly [string, string])[]) =>
    wanted.length === 0
      ? []
      : await query(
          // The order of the tables is meant: few are asked for, many are known.
          `SELECT known.* FROM ${dialect.triples('$1')} AS told CROSS JOIN ${from} AS known
           WHERE known.place = told.a AND known.${column} = told.b`,
          [pairs(wanted)],
        )
  return {
    async recall({ tags, digests }) {
      const [tagRows, partRows] = await Promise.all([
        ofPairs(tag, 'tag', tags),
        ofPairs(part, 'digest', digests),
      ])
      return {
        tags: tagRows.map((row) => ({ place: String(row['place']), ...toTag(row) })),
        parts: partRows.map((row) => ({ place: String(row['place']), ...toPart(row) })),
      }
    },
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
  const tag = dialect.table('monitor_tag')
  const part = dialect.table('monitor_part')
  const told = `${dialect.triples('$1')} AS told`
  const keepJudged = `WHERE excluded.standing <> 'noted' OR known.standing = 'noted'`
  await writeGroups(
    tags,
    ({ standing, at }) => [standing, at] as const,
    ({ place, tag, digest }) => [place, tag, digest],
    ([place, tag]) => `${place} ${tag}`,
    (rows, [standing, at]) =>
      query(
        `INSERT INTO ${tag} AS known (place, tag, digest, standing, at)
         SELECT a, b, c, CAST($2 AS TEXT), CAST($3 AS TEXT) FROM ${told} WHERE true
         ON CONFLICT (place, tag) DO UPDATE SET digest = excluded.digest, standing = excluded.standing, at = excluded.at
         ${keepJudged}`,
        [rows, standing, at],
      ),
  )
  const places = [...new Set([...tags, ...parts].map(({ place }) => place))]
  if (places.length > 0)
    await query(
      `INSERT INTO ${dialect.table('monitor_place')} (place) SELECT a FROM ${told} WHERE true
       ON CONFLICT (place) DO NOTHING`,
      [JSON.stringify(places.map((place) => [place, '', '']))],
    )
  for (const { place, tag: name } of goneTags)
    await query(`DELETE FROM ${tag} WHERE place = $1 AND tag = $2`, [place, name])
  await writeGroups(
    parts,
    ({ standing, relation, incident }) => [standing, relation, incident ?? null] as const,
    // Four in three: an instant has 24 characters.
    ({ place, digest, parent, at }) => [place, `${at}${digest}`, parent],
    ([place, told, parent]) => `${place} ${told!.slice(24)} ${parent}`,
    (rows, [standing, relation, incident]) =>
      query(
        `INSERT INTO ${part} AS known (place, digest, parent, at, relation, standing, incident)
         SELECT a, substr(b, 25), c, substr(b, 1, 24), CAST($3 AS TEXT), CAST($2 AS TEXT), CAST($4 AS TEXT)
         FROM ${told} WHERE true
         ON CONFLICT (place, digest, parent) DO UPDATE SET relation = excluded.relation,
           standing = excluded.standing, incident = coalesce(excluded.incident, known.incident),
           at = CASE WHEN excluded.at > known.at THEN excluded.at ELSE known.at END
         ${keepJudged}`,
        [rows, standing, relation, incident],
      ),
  )
  for (const { place, digest, parent } of goneParts)
    await query(`DELETE FROM ${part} WHERE place = $1 AND digest = $2 AND parent = $3`, [
      place,
      digest,
      parent,
    ])
}

/** Writes rows that share all but their key in one statement; of those with the same key the last one counts. */
async function writeGroups<T extends { readonly standing: Standing }, G extends readonly SqlValue[]>(
  all: readonly T[],
  sharedOf: (each: T) => G,
  rowOf: (each: T) => readonly [string, string, string],
  keyName: (row: readonly string[]) => string,
  write: (rows: string, shared: G) => Promise<unknown>,
): Promise<void> {
  const groups = new Map<string, { readonly shared: G; readonly rows: Map<string, readonly string[]> }>()
  // An alert about the same outweighs what explains it; what was noted says nothing about what was judged.
  for (const standing of ['noted', 'explained', 'alert']) {
    for (const each of all) {
      if (each.standing !== standing) continue
      const shared = sharedOf(each)
      const name = JSON.stringify(shared)
      const group = groups.get(name) ?? { shared, rows: new Map<string, readonly string[]>() }
      groups.set(name, group)
      const row = rowOf(each)
      group.rows.set(keyName(row), row)
    }
  }
  for (const { shared, rows } of groups.values()) await write(JSON.stringify([...rows.values()]), shared)
}

function toTag(row: Row): KnownTag {
  return {
    tag: String(row['tag']),
    digest: parseDigest(String(row['digest'])),
    standing: String(row['standing']) as Standing,
    at: String(row['at']),
    ...(typeof row['seen'] === 'string' && { seenAt: row['seen'] }),
  }
}

function toPart(row: Row): KnownPart {
  return {
    digest: parseDigest(String(row['digest'])),
    parent: String(row['parent']),
    relation: String(row['relation']) as KnownPart['relation'],
    standing: String(row['standing']) as Standing,
    incident: row['incident'] === null ? undefined : String(row['incident']),
    at: String(row['at']),
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
