/** Where the files of packages really are: `package` keeps its own at `from`, everyone else's went to `to`. */
export interface Diversion {
  readonly from: string
  readonly to: string
  /** `:` for a diversion by the administrator, which moves the file of every package. */
  readonly package: string
}

/**
 * Reads dpkg's `diversions` database: three lines for each.
 *
 * @throws {SyntaxError} when a record is incomplete or names no absolute path.
 */
export function parseDiversions(text: string): readonly Diversion[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const diversions: Diversion[] = []
  for (let index = 0; index < lines.length; index += 3) {
    const [from, to, owner] = lines.slice(index, index + 3)
    if (!from?.startsWith('/') || !to?.startsWith('/') || !owner) {
      throw new SyntaxError(`line ${index + 1}: not a diversion of three lines`)
    }
    diversions.push({ from, to, package: owner })
  }
  return diversions
}
