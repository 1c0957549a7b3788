/** A value that is bound to a parameter. */
export type SqlValue = string | number | null

/** A row of a result, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>

/** Runs one statement. Parameters are written `$1`, `$2`, … and may occur more than once. */
export type Query = (sql: string, parameters?: readonly SqlValue[]) => Promise<readonly Row[]>

/** Where SQLite and PostgreSQL differ in what is written here. */
export interface Dialect {
  /** Type of text that is ordered by its bytes. */
  readonly text: string
  /** What follows the columns of a table. */
  readonly tableOptions: string
  /** Full name of a table, quoted. */
  table(name: string): string
  /** Function that gives the position of its second text in its first, byte by byte, from 1; 0 when it is not there. */
  readonly position: string
  /** A table of the columns `a`, `b` and `c` from a parameter that holds a JSON array of arrays of three strings. */
  triples(parameter: string): string
}

/** A database that holds a journal, a quarantine, or other state. Each statement by itself is whole and durable. */
export interface Database extends AsyncDisposable {
  /** For messages; holds no secret. */
  readonly name: string
  /** Which SQL it speaks. */
  readonly dialect: Dialect
  /** Runs one statement. */
  readonly query: Query
  /** Runs statements as one: all or none, as if alone. `work` runs again when others were in its way. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>
}
