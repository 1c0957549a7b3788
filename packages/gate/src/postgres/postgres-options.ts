import type { Pool } from 'pg'

/** Where the tables are. */
export type PostgresOptions = {
  /** Schema that holds the tables; it is made when it is not there. Default `sallyport`. */
  readonly schema?: string | undefined
} & (
  | {
      /**
       * Pool that the caller keeps and ends; of at least two connections, because held leases occupy one. Not one of a
       * proxy that shares sessions between transactions, which would lose them.
       */
      readonly pool: Pool
      readonly connectionString?: undefined
    }
  | {
      /** `postgresql://user:password@host:port/database`; its connections end with what is opened. */
      readonly connectionString: string
      readonly pool?: undefined
    }
)
