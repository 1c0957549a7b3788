import { isSallyportError } from '@sallyport/core'
import { type ImageLocator, type OpenedSource, openSource as openPlace, parseLocator } from '@sallyport/oci'
import { GateError, type GateErrorOptions } from '../errors.ts'
import type { GateContext } from '../promote/gate-context.ts'

/**
 * Opens what a promotion reads from.
 *
 * @throws {GateError} `REFERENCE_INVALID` when it names neither tag nor digest, or is no reference.
 */
export async function openSource(
  from: string,
  { repository, workDirectory }: Pick<GateContext, 'repository' | 'workDirectory'>,
): Promise<OpenedSource> {
  try {
    return await openPlace(parseLocator(from), { repository, temporaryDirectory: workDirectory })
  } catch (cause) {
    throw toInvalid(cause, 'source')
  }
}

/** Reads where an image is to go. */
export function readTarget(text: string): ImageLocator {
  try {
    return parseLocator(text)
  } catch (cause) {
    throw toInvalid(cause, 'target')
  }
}

function toInvalid(cause: unknown, side: GateErrorOptions['side']): unknown {
  return isSallyportError(cause) && cause.code === 'REFERENCE_INVALID'
    ? invalid(cause.message, side, cause)
    : cause
}

/** A `GateError` about a reference. */
export function invalid(message: string, side: GateErrorOptions['side'], cause?: unknown): GateError {
  return new GateError('REFERENCE_INVALID', message, { step: 'resolve', side, cause })
}
