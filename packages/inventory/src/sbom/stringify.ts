/** Writes JSON without half characters, which other readers refuse. Paths in images may hold them. */
export function stringify(document: unknown): string {
  return JSON.stringify(document, (_, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  )
}
