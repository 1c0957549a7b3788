/** Versions of symbols that a file asks of one library (GNU verneed). */
export interface NeededVersions {
  /** NEEDED name of the library. */
  readonly library: string
  /** Those that must be there; weak ones, without which it still starts, are left out. */
  readonly versions: readonly string[]
}

/** How the tables of one file are read. */
export interface VersionTables {
  readonly u16: (at: number) => number
  readonly u32: (at: number) => number
  /** A text of the dynamic string table. */
  readonly text: (offset: number) => string
}

const maxEntries = 10_000
const weak = 2
const base = 1

/**
 * Reads the table of versions that a file needs (Linux Standard Base, Core, 10.7.5: Elfxx_Verneed and Elfxx_Vernaux).
 *
 * @throws {RangeError} when it leads out of the file.
 */
export function readNeededVersions(
  { u16, u32, text }: VersionTables,
  table: number | undefined,
  count = 0,
): readonly NeededVersions[] {
  const found: NeededVersions[] = []
  for (const at of table === undefined ? [] : chain(u32, table, 12, count)) {
    const versions: string[] = []
    for (const aux of chain(u32, at + u32(at + 8), 12, u16(at + 2)))
      if ((u16(aux + 4) & weak) === 0) versions.push(text(u32(aux + 8)))
    found.push({ library: text(u32(at + 4)), versions })
  }
  return found
}

/**
 * Reads the table of versions that a library defines (ibid. 10.7.3: Elfxx_Verdef and Elfxx_Verdaux).
 *
 * @throws {RangeError} when it leads out of the file.
 */
export function readProvidedVersions(
  { u16, u32, text }: VersionTables,
  table: number | undefined,
  count = 0,
): readonly string[] {
  const found: string[] = []
  for (const at of table === undefined ? [] : chain(u32, table, 16, count))
    if ((u16(at + 2) & base) === 0) found.push(text(u32(at + u32(at + 12))))
  return found
}

/** Places of entries that are linked by distances: the last has none, and one that counts too many is hostile. */
function* chain(
  u32: VersionTables['u32'],
  first: number,
  distanceAt: number,
  count: number,
): Generator<number> {
  let at = first
  for (let index = 0; index < Math.min(count, maxEntries); index++) {
    yield at
    const distance = u32(at + distanceAt)
    if (distance === 0) return
    at += distance
  }
}
