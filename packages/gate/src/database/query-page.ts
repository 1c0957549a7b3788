import { GateError } from '../errors.ts'
import type { Page, PageOptions } from '../ports/page.ts'
import type { Query, Row, SqlValue } from './database.ts'

const maxLimit = 1000
const maxCursorLength = 2000

/** A condition with `?` for its value; one without a value is left out. */
export type Condition = readonly [condition: string, value: SqlValue | undefined]

/** A list to be read page by page. */
export interface ListQuery<T> extends PageOptions {
  /** Columns, as SQL; no text of a caller. */
  readonly columns: string
  /** Table, as SQL; no text of a caller. */
  readonly table: string
  /** All of them must hold; without any, every row does. */
  readonly conditions: readonly Condition[]
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
  const after =
    cursor === undefined ? undefined : { columns: order, values: parseCursor(cursor, order.length) }
  const { where, parameters } = bindConditions(conditions, after)
  const rows = await query(
    `SELECT ${columns} FROM ${table} ${where}
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

/** The `WHERE` of those conditions that have values, and of what comes after a line in descending order. */
export function bindConditions(
  conditions: readonly Condition[],
  after?: { readonly columns: readonly string[]; readonly values: readonly SqlValue[] },
): { readonly where: string; readonly parameters: readonly SqlValue[] } {
  const parameters: SqlValue[] = []
  const bind = (value: SqlValue): string => `$${parameters.push(value)}`
  const where = conditions.flatMap(([condition, value]) => {
    if (value === undefined) return []
    const parameter = bind(value)
    return [condition.replaceAll('?', () => parameter)]
  })
  if (after) where.push(`(${after.columns.join(', ')}) < (${after.values.map(bind).join(', ')})`)
  return { where: where.length > 0 ? `WHERE ${where.join(' AND ')}` : '', parameters }
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
