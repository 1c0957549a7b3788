import { GateError } from '../errors.ts'
import type { Page, PageOptions } from '../ports/page.ts'
import type { Query, Row, SqlValue } from './database.ts'

const maxLimit = 1000
const maxCursorLength = 2000

/** A list to be read page by page. */
export interface ListQuery<T> extends PageOptions {
  /** Columns, as SQL; no text of a caller. */
  readonly columns: string
  /** Table, as SQL; no text of a caller. */
  readonly table: string
  /** Conditions, each with `?` for its value; those without a value do not hold. */
  readonly conditions: readonly (readonly [condition: string, value: SqlValue | undefined])[]
  /** Columns of the order, all descending; together they are unique. */
  readonly order: readonly string[]
  /** Makes an item of a row. */
  readonly toItem: (row: Row) => T
}

/**
 * Reads a page of a list. Pages are told apart by the last line seen, so lines that come or go in between shift nothing.
 *
 * @throws {GateError} `OPTIONS_INVALID` for a limit out of range or a cursor that is none.
 */
export async function queryPage<T>(
  query: Query,
  { columns, table, conditions, order, toItem, limit = 100, cursor }: ListQuery<T>,
): Promise<Page<T>> {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit)
    throw new GateError('OPTIONS_INVALID', `limit: ${limit}; from 1 to ${maxLimit}`)
  const parameters: SqlValue[] = []
  const bind = (value: SqlValue): string => `$${parameters.push(value)}`
  const where = conditions
    .filter((entry): entry is [string, SqlValue] => entry[1] !== undefined)
    .map(([condition, value]) => {
      const parameter = bind(value)
      return condition.replaceAll('?', () => parameter)
    })
  if (cursor !== undefined) {
    const after = parseCursor(cursor, order.length)
    where.push(`(${order.join(', ')}) < (${after.map(bind).join(', ')})`)
  }
  const rows = await query(
    `SELECT ${columns} FROM ${table}
     ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
     ORDER BY ${order.map((column) => `${column} DESC`).join(', ')} LIMIT ${limit + 1}`,
    parameters,
  )
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map(toItem),
    ...(rows.length > limit && last && { next: formatCursor(order.map((column) => last[column])) }),
  }
}

function formatCursor(values: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

function parseCursor(text: string, length: number): SqlValue[] {
  try {
    if (text.length > maxCursorLength) throw new RangeError('too long')
    const values: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    if (
      Array.isArray(values) &&
      values.length === length &&
      values.every((value) => typeof value === 'string' || Number.isSafeInteger(value))
    ) {
      return values as SqlValue[]
    }
  } catch {
    // Said below.
  }
  throw new GateError('OPTIONS_INVALID', 'cursor: take it from `next` of the page before')
}
