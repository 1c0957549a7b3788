import { isSallyportError } from '@sallyport/core'
import { InventoryError } from '../errors.ts'
import type { FileContent, FileExaminer, ReadOptions } from './image-files.ts'
import type { Examination } from './layer-facts.ts'

/** A result, and the length of its value as JSON in UTF-16 units. */
export interface Examined {
  readonly examination: Examination
  readonly length: number
}

/**
 * Runs an examiner and keeps what it says, the fact that the file is broken included. Only a fault of the machine or of
 * the code rejects.
 */
export async function examineFile(
  content: FileContent,
  examiner: FileExaminer,
  { signal }: ReadOptions,
): Promise<Examined> {
  try {
    return toFound(await examiner.examine(content, { signal }))
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof SyntaxError)
      return { examination: { kind: 'broken', message: error.message }, length: 0 }
    if (isSallyportError(error))
      return { examination: { kind: 'limited', message: error.message }, length: 0 }
    throw error
  }
}

/** The value as a cache gives it back, so that it is the same the first time. */
function toFound(value: unknown): Examined {
  const text = value === undefined ? undefined : stringify(value)
  if (text === undefined) return { examination: { kind: 'found', value: undefined }, length: 0 }
  return { examination: { kind: 'found', value: JSON.parse(text) as unknown }, length: text.length }
}

function stringify(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    // Longer than a text may be; control characters are six times as long there.
    if (error instanceof RangeError)
      throw new InventoryError('LIMIT_EXCEEDED', 'more was found than can be kept')
    throw error
  }
}
