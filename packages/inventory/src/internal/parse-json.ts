import { isJsonDeeperThan } from '@sallyport/core'
import { maxJsonDepth } from './limits.ts'

/** JSON that is right, as far as was read, and nested too deeply to be read. */
export class JsonDepthError extends SyntaxError {}

/**
 * Parses JSON from outside, with or without a byte order mark.
 *
 * @throws {SyntaxError} when it is none; {@link JsonDepthError} when it is nested too deeply; the message repeats nothing of it.
 */
export function parseJson(text: string): unknown {
  if (isJsonDeeperThan(text, maxJsonDepth))
    throw new JsonDepthError(`JSON nested deeper than ${maxJsonDepth} levels`)
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text)
  } catch {
    throw new SyntaxError('not JSON')
  }
}
