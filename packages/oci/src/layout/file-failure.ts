import { OciError, type OciErrorCode } from '../errors.ts'
import { printable } from '../internal/printable.ts'

/**
 * Runs a read of the file system for a layout or archive.
 *
 * @throws {OciError} `LAYOUT_UNREADABLE` when the file system refuses; its own error is the `cause`.
 */
export function reading<T>(place: string, operation: () => Promise<T>): Promise<T> {
  return convert('LAYOUT_UNREADABLE', `${place} can't be read`, place, operation)
}

/**
 * Runs a write to the file system for a layout or archive.
 *
 * @throws {OciError} `LAYOUT_UNWRITABLE` when the file system refuses (full, read-only, no permission); its own error
 *   is the `cause`.
 */
export function writing<T>(place: string, operation: () => Promise<T>): Promise<T> {
  return convert('LAYOUT_UNWRITABLE', `${place} can't be written`, place, operation)
}

async function convert<T>(
  code: OciErrorCode,
  message: string,
  place: string,
  operation: () => Promise<T>,
): Promise<T> {
  try {
    return await operation()
  } catch (cause) {
    if (!isFileFailure(cause)) throw cause
    throw new OciError(code, `${message}: ${printable(cause.message)}`, { reference: place, cause })
  }
}

function isFileFailure(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error
}

/** Whether nothing is there, or a parent is no folder. */
export function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code
  return code === 'ENOENT' || code === 'ENOTDIR'
}
