import { AttestError } from '../errors.ts'
import type { Witness } from '../ports/witness.ts'

/**
 * Asks one witness after another until one answers.
 *
 * `witness` rejects with `SERVICE_UNAVAILABLE` when none does, with what each of them said.
 */
export function anyWitness(witnesses: readonly Witness[]): Witness {
  return {
    async witness(signed, { signal } = {}) {
      const said: string[] = []
      let retryable = false
      for (const witness of witnesses) {
        signal?.throwIfAborted()
        try {
          return await witness.witness(signed, { signal })
        } catch (error) {
          signal?.throwIfAborted()
          if (!(error instanceof AttestError)) throw error
          said.push(error.message)
          retryable ||= error.retryable
        }
      }
      throw new AttestError('SERVICE_UNAVAILABLE', `no witness answered: ${said.join('; ')}`, { retryable })
    },
  }
}
