export type { Database, Dialect, Query, Row, SqlValue } from './database.ts'
export type { Schema } from './migrate.ts'
export { type Condition, type ListQuery, queryPage } from './query-page.ts'
export { openSqlite, type SqliteOptions } from './sqlite-database.ts'
