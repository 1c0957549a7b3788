import { isRecord, listRows } from '../read/list-rows.ts'

/** Rows of an answer of Log Analytics, of records that a diagnostic setting sends, or of an array, each as an object. */
export function listLogRows(body: unknown): readonly unknown[] {
  if (!isRecord(body) || !Object.hasOwn(body, 'tables')) return listRows(body, 'records').map(flatten)
  return listRows(body, 'tables').flatMap((table) => {
    if (!isRecord(table)) return [table]
    const columns = listRows(table, 'columns')
    const names = columns.map((column) => (isRecord(column) ? String(column['name']) : ''))
    return listRows(table, 'rows').map((row) =>
      Array.isArray(row) ? Object.fromEntries(names.map((name, at) => [name, row[at]])) : row,
    )
  })
}

/** A diagnostic setting has the columns of the table one level down. */
function flatten(row: unknown): unknown {
  if (!isRecord(row) || !isRecord(row['properties'])) return row
  const { time, operationName, identity, resultType, callerIpAddress, correlationId, properties } = row
  return {
    TimeGenerated: time,
    OperationName: operationName,
    Identity: identity,
    ResultType: resultType,
    CallerIpAddress: callerIpAddress,
    CorrelationId: correlationId,
    ...Object.fromEntries(
      Object.entries(properties as object).map(([name, value]) => [
        name.charAt(0).toUpperCase() + name.slice(1),
        value,
      ]),
    ),
  }
}
