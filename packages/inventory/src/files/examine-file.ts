import { isSallyportError } from '@sallyport/core'
import type { FileContent, FileExaminer, ReadOptions } from './image-files.ts'
import type { Examination } from './layer-facts.ts'

/**
 * Runs an examiner and keeps what it says, the fact that the file is broken included. Only a fault of the machine or of
 * the code rejects.
 */
export async function examineFile(
  content: FileContent,
  examiner: FileExaminer,
  { signal }: ReadOptions,
): Promise<Examination> {
  try {
    return { kind: 'found', value: toPlain(await examiner.examine(content, { signal })) }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof SyntaxError) return { kind: 'broken', message: error.message }
    if (isSallyportError(error)) return { kind: 'limited', message: error.message }
    throw error
  }
}

/** The value as a cache gives it back, so that it is the same the first time. */
function toPlain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown)
}
