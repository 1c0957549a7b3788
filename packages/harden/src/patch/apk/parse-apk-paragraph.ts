/** The lines of a paragraph of `APKINDEX` or of the installed database that speak of the package, not of its files. */
export interface ApkParagraph {
  readonly lines: readonly string[]
  /** Fields by letter; the first of each counts. */
  readonly fields: ReadonlyMap<string, string>
}

/** Reads a paragraph up to its first folder (`F:`). */
export function parseApkParagraph(text: string): ApkParagraph {
  const all = text.split('\n')
  const folder = all.findIndex((line) => line.startsWith('F:'))
  const lines = folder < 0 ? all : all.slice(0, folder)
  const fields = new Map<string, string>()
  for (const line of lines) {
    if (line[1] === ':' && !fields.has(line[0]!)) fields.set(line[0]!, line.slice(2))
  }
  return { lines, fields }
}
