/** Maps with at most `limit` calls at once; the results keep the order of the items. Stops at the first rejection. */
export async function mapConcurrent<Item, Result>(
  items: readonly Item[],
  limit: number,
  map: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = Array.from<Result>({ length: items.length })
  const entries = items.entries()
  let failed = false
  const work = async (): Promise<void> => {
    for (const [index, item] of entries) {
      if (failed) return
      try {
        results[index] = await map(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  return results
}
