import type { DatabaseFile } from './database-file.ts'
import type { DatabaseMeta } from './database-meta.ts'
import {
  decodeAlias,
  decodeAmount,
  decodeKev,
  decodePairs,
  decodeRecord,
  decodeScoreOf,
} from './decode-values.ts'
import { TableReader } from './table-reader.ts'

/** The tables of an open database. */
export interface DatabaseTables {
  readonly records: TableReader<ReturnType<typeof decodeRecord>>
  readonly packages: TableReader<ReturnType<typeof decodePairs>>
  readonly ecosystems: TableReader<number>
  readonly aliases: TableReader<ReturnType<typeof decodeAlias>>
  readonly kev?: TableReader<ReturnType<typeof decodeKev>> | undefined
  readonly epss?: TableReader<ReturnType<ReturnType<typeof decodeScoreOf>>> | undefined
}

/** Makes the tables ready for look-ups; nothing is read yet. */
export function openTables(file: DatabaseFile, { tables, kev, epss }: DatabaseMeta): DatabaseTables {
  const keepBlocks = 64
  return {
    records: new TableReader(file, 'records', tables.records, { decode: decodeRecord, keepBlocks: 256 }),
    packages: new TableReader(file, 'packages', tables.packages, { decode: decodePairs, keepBlocks }),
    ecosystems: new TableReader(file, 'ecosystems', tables.ecosystems, { decode: decodeAmount, keepBlocks }),
    aliases: new TableReader(file, 'aliases', tables.aliases, { decode: decodeAlias, keepBlocks }),
    ...(kev === undefined || tables.kev === undefined
      ? {}
      : { kev: new TableReader(file, 'kev', tables.kev, { decode: decodeKev, keepBlocks }) }),
    ...(epss === undefined || tables.epss === undefined
      ? {}
      : {
          epss: new TableReader(file, 'epss', tables.epss, {
            decode: decodeScoreOf(epss.updatedAt.slice(0, 10)),
            keepBlocks,
          }),
        }),
  }
}
