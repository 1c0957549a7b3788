/** A list of unsigned 32-bit numbers in as little memory as they need; those never set are 0. */
export class GrowingNumbers {
  #values = new Uint32Array(1024)
  length = 0

  push(value: number): void {
    this.set(this.length, value)
  }

  set(position: number, value: number): void {
    if (position >= this.#values.length) {
      const larger = new Uint32Array(Math.max(position + 1, this.#values.length * 2))
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[position] = value
    if (position >= this.length) this.length = position + 1
  }

  at(position: number): number {
    return this.#values[position] ?? 0
  }
}
