import { GrowingNumbers } from './growing-numbers.ts'

/** Gives each distinct text a number, and keeps its bytes: a fraction of what a Map of strings takes. */
export class TextPool {
  #bytes = Buffer.alloc(64 * 1024)
  readonly #ends = new GrowingNumbers()
  /** An open hash table; 0 for an empty slot, else the number of a text plus one. */
  #slots = new Uint32Array(4096)

  get length(): number {
    return this.#ends.length
  }

  /** The number of a text, which has whole characters only. */
  add(text: string): number {
    const start = this.#startOf(this.length)
    const most = text.length * 3
    if (start + most > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(start + most, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, start)
      this.#bytes = larger
    }
    const end = start + this.#bytes.write(text, start)
    const slot = this.#slotOf(start, end)
    const taken = this.#slots[slot] ?? 0
    if (taken > 0) return taken - 1
    this.#ends.push(end)
    this.#slots[slot] = this.length
    if (this.length * 2 > this.#slots.length) this.#grow()
    return this.length - 1
  }

  bytes(number: number): Buffer {
    return this.#bytes.subarray(this.#startOf(number), this.#ends.at(number))
  }

  text(number: number): string {
    return this.#bytes.toString('utf8', this.#startOf(number), this.#ends.at(number))
  }

  /** All numbers, in the order of the bytes. */
  sorted(): Uint32Array {
    const numbers = new Uint32Array(this.length)
    for (let number = 0; number < numbers.length; number++) numbers[number] = number
    return numbers.sort((a, b) =>
      this.#bytes.compare(
        this.#bytes,
        this.#startOf(b),
        this.#ends.at(b),
        this.#startOf(a),
        this.#ends.at(a),
      ),
    )
  }

  #startOf(number: number): number {
    return number === 0 ? 0 : this.#ends.at(number - 1)
  }

  /** The slot of these bytes, or the empty one where they belong. */
  #slotOf(start: number, end: number): number {
    const mask = this.#slots.length - 1
    // FNV-1a; collisions cost time only
    let hash = 0x811c9dc5
    for (let index = start; index < end; index++) {
      hash = Math.imul(hash ^ (this.#bytes[index] ?? 0), 0x01000193)
    }
    let slot = (hash ^ (hash >>> 15)) & mask
    for (;;) {
      const taken = this.#slots[slot] ?? 0
      if (taken === 0) return slot
      const from = this.#startOf(taken - 1)
      const to = this.#ends.at(taken - 1)
      if (to - from === end - start && this.#bytes.compare(this.#bytes, from, to, start, end) === 0)
        return slot
      slot = (slot + 1) & mask
    }
  }

  #grow(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2)
    for (let number = 0; number < this.length; number++) {
      this.#slots[this.#slotOf(this.#startOf(number), this.#ends.at(number))] = number + 1
    }
  }
}

/** The place of each number in an order. */
export function ranksOf(order: Uint32Array): Uint32Array {
  const ranks = new Uint32Array(order.length)
  for (const [rank, number] of order.entries()) ranks[number] = rank
  return ranks
}
