import type { Database, Query } from '../database/database.ts'
import { readInstant } from '../database/read-instant.ts'
import type { Journal, SightedFinding } from '../ports/journal.ts'
import { groupSightings, type SightingGroup } from './group-sightings.ts'

/** When findings were first seen in each image line. */
export function firstSeenStore({
  query,
  transaction,
  dialect,
}: Database): Pick<Journal, 'firstSeen' | 'noteFirstSeen'> {
  const table = dialect.table('first_seen')

  const read = async (
    query: Query,
    line: string,
    groups: readonly SightingGroup[],
  ): Promise<Map<string, string>> => {
    const wanted = groups.flatMap(({ sightings }) => sightings.map((each) => [each.package, each.id, '']))
    // CROSS, because SQLite then keeps this order: the other way round takes time by the square.
    const rows = await query(
      `SELECT seen.package, seen.id, seen.at FROM ${dialect.triples('$2')} AS wanted
       CROSS JOIN ${table} AS seen WHERE seen.line = $1 AND seen.package = wanted.a AND seen.id = wanted.b`,
      [line, JSON.stringify(wanted)],
    )
    return new Map(rows.map((row) => [keyOf(String(row['package']), String(row['id'])), String(row['at'])]))
  }

  return {
    async firstSeen(line, findings) {
      const groups = groupSightings(findings)
      const seen = await read(query, line, groups)
      return spread(findings, groups, (group) => earliest(group, seen))
    },
    async noteFirstSeen(line, findings, at) {
      const now = readInstant(at, 'at')
      const groups = groupSightings(findings)
      return transaction(async (query) => {
        const seen = await read(query, line, groups)
        const changed: string[][] = []
        const instants = new Map<SightingGroup, string>()
        for (const group of groups) {
          const instant = earliest(group, seen, now)!
          instants.set(group, instant)
          for (const { package: name, id } of group.sightings) {
            if (seen.get(keyOf(name, id)) !== instant) changed.push([name, id, instant])
          }
        }
        if (changed.length > 0) {
          await query(
            `INSERT INTO ${table} (line, package, id, at) SELECT CAST($1 AS TEXT), a, b, c FROM ${dialect.triples('$2')} AS seen
             WHERE true ON CONFLICT (line, package, id) DO UPDATE SET at = excluded.at`,
            [line, JSON.stringify(changed)],
          )
        }
        return spread(findings, groups, (group) => instants.get(group)!)
      })
    },
  }
}

const keyOf = (name: string, id: string): string => JSON.stringify([name, id])

function earliest(
  { sightings }: SightingGroup,
  seen: ReadonlyMap<string, string>,
  now?: string,
): string | undefined {
  const known = sightings.map(({ package: name, id }) => seen.get(keyOf(name, id)))
  return [...known, now].filter((at) => at !== undefined).sort()[0]
}

/** What holds for a group, for each of its findings. */
function spread<T>(
  findings: readonly SightedFinding[],
  groups: readonly SightingGroup[],
  valueOf: (group: SightingGroup) => T,
): readonly T[] {
  const values = Array<T>(findings.length)
  for (const group of groups) {
    const value = valueOf(group)
    for (const position of group.members) values[position] = value
  }
  return values
}
