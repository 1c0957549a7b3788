import { existsSync, readFileSync } from 'node:fs'

const folder = new URL('../../../../../shared/data/oci/', import.meta.url)

/** The rows of a table in the shared test data, or none when the data isn't there (the suite then says so). */
export function sharedCases<Row>(table: string): readonly Row[] {
  const file = new URL(`cases/${table}.json`, folder)
  if (!existsSync(file)) {
    console.warn(`skipped: the shared table ${table}.json is not here`)
    return []
  }
  return (JSON.parse(readFileSync(file, 'utf8')) as { cases: Row[] }).cases
}

/** A folder of the shared layouts, or `undefined` when the data isn't there. */
export function sharedLayout(name: string): URL | undefined {
  const layout = new URL(`layouts/${name}/`, folder)
  return existsSync(layout) ? layout : undefined
}
