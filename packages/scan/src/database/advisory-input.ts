import type { OsvRecord } from '../advisories/osv.schema.ts'

/** What every kind of {@link AdvisoryInput} has. */
interface NamedInput {
  /** Name of the source, e.g. `Debian tracker`: in reports, and in messages. Each name once. */
  readonly name: string
  /**
   * When the data were made, ISO 8601. Default: the newest `modified` of the records; of a zip its newest entry's time,
   * where that is later. Times in the future count for nothing.
   */
  readonly updatedAt?: string | undefined
}

/** Where advisories come from. */
export type AdvisoryInput = NamedInput &
  (
    | {
        /** An archive with a JSON file for each OSV record, such as `all.zip` of osv.dev. */
        readonly kind: 'zip'
        /** Path of the archive. */
        readonly path: string
      }
    | {
        /** A folder and its folders, with a `.json` file for each OSV record; other files and links are left alone. */
        readonly kind: 'directory'
        /** Path of the folder. */
        readonly path: string
      }
    | {
        /** An OSV record in each line: a file, or bytes from elsewhere. */
        readonly kind: 'jsonl'
        /** Path of the file, or its bytes. */
        readonly content: string | AsyncIterable<Uint8Array>
      }
    | {
        /** Records that a converter made. */
        readonly kind: 'records'
        /** The records, one after another. */
        readonly records: Iterable<OsvRecord> | AsyncIterable<OsvRecord>
      }
  )

/** Bounds of {@link buildAdvisoryDatabase}. */
export interface AdvisoryInputLimits {
  /** Largest record in bytes. Default 16 MiB. */
  readonly maxRecordBytes?: number | undefined
  /** Most records, all inputs together. Default 5,000,000. */
  readonly maxRecords?: number | undefined
  /** Most bytes of records, decompressed, all inputs together. Default 32 GiB. */
  readonly maxBytes?: number | undefined
}
