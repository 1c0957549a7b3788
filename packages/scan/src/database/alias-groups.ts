import { GrowingNumbers } from './growing-numbers.ts'
import type { TextPool } from './text-pool.ts'

/** What the table of aliases holds for an id: all ids of its group, or the id under which these are. */
export type AliasValue = readonly string[] | string

/** Joins ids into groups (union-find with path halving), by their numbers, since there are a million of them. */
export class AliasGroups {
  readonly #ids: TextPool
  /** Parents plus one; 0 for an id that stands for its group, or was never joined. */
  readonly #parents = new GrowingNumbers()

  constructor(ids: TextPool) {
    this.#ids = ids
  }

  join(a: number, b: number): void {
    const x = this.#rootOf(a)
    const y = this.#rootOf(b)
    if (x !== y) this.#parents.set(y, x + 1)
  }

  /** The entries of the table, in its order. Each group is written once, under its first id. */
  *entries(): Generator<readonly [id: string, value: AliasValue]> {
    const order = this.#ids.sorted()
    // each group as a list in order; numbers plus one, 0 for none
    const firsts = new Uint32Array(order.length)
    const lasts = new Uint32Array(order.length)
    const nexts = new Uint32Array(order.length)
    for (const number of order) {
      const root = this.#rootOf(number)
      const last = lasts[root] ?? 0
      if (last === 0) firsts[root] = number + 1
      else nexts[last - 1] = number + 1
      lasts[root] = number + 1
    }
    for (const number of order) {
      const root = this.#rootOf(number)
      const first = (firsts[root] ?? 0) - 1
      if (firsts[root] === lasts[root]) continue
      const id = this.#ids.text(number)
      if (number !== first) {
        yield [id, this.#ids.text(first)]
        continue
      }
      const group: string[] = []
      for (let next = number + 1; next > 0; next = nexts[next - 1] ?? 0) group.push(this.#ids.text(next - 1))
      yield [id, group]
    }
  }

  #rootOf(number: number): number {
    let current = number
    for (;;) {
      const parent = this.#parents.at(current)
      if (parent === 0) return current
      const grandparent = this.#parents.at(parent - 1)
      if (grandparent === 0) return parent - 1
      this.#parents.set(current, grandparent)
      current = grandparent - 1
    }
  }
}
