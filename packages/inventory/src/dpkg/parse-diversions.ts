/** Where the files of packages really are: `package` keeps its own at `from`, everyone else's went to `to`. */
export interface Diversion {
  readonly from: string
  readonly to: string
  /** `:` for a diversion by the administrator. */
  readonly package: string
}

/** Reads dpkg's `diversions` database: three lines for each. */
export function parseDiversions(text: string): readonly Diversion[] {
  const lines = text.split('\n')
  const diversions: Diversion[] = []
  for (let index = 0; index + 2 < lines.length; index += 3) {
    const [from, to, owner] = lines.slice(index, index + 3)
    if (from?.startsWith('/') && to?.startsWith('/') && owner) diversions.push({ from, to, package: owner })
  }
  return diversions
}
