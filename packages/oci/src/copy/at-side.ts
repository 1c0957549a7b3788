import { OciError } from '../errors.ts'

/** Which end of a copy something happened at. */
export type CopySide = 'source' | 'target'

/** Notes at which side, and in which repository, an error arose; errors of others stay as they are. */
export function withSide(error: unknown, side: CopySide, name: string): unknown {
  if (!(error instanceof OciError) || error.side !== undefined) return error
  const { code, message, status, reference = name, retryable, conflict } = error
  return new OciError(code, message, { status, reference, retryable, conflict, side, cause: error })
}

/** Runs an operation of one side. */
export async function atSide<T>(side: CopySide, name: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    throw withSide(error, side, name)
  }
}
