import { z } from 'zod'
import { ScanError } from '../errors.ts'
import { readLimited } from '../internal/read-limited.ts'

/** Deepest nesting of arrays and objects in a report. */
const maxDepth = 128

/**
 * Reads the report file that a scanner was to write.
 *
 * @throws {ScanError} `REPORT_INVALID` when there is none, `LIMIT_EXCEEDED` when it is larger than `maxBytes`.
 */
export async function readReportFile(path: string, maxBytes: number, scanner: string): Promise<Uint8Array> {
  try {
    return await readLimited(path, maxBytes)
  } catch (cause) {
    if (cause instanceof ScanError) {
      throw new ScanError(cause.code, `the report of ${scanner} is larger than ${maxBytes} bytes`, {
        cause,
        scanner,
      })
    }
    throw new ScanError('REPORT_INVALID', `${scanner} ended well and wrote no report`, { cause, scanner })
  }
}

/**
 * Reads a report in JSON against its schema.
 *
 * @param what What it should be, for the message.
 * @throws {ScanError} `REPORT_INVALID` when it is not JSON, too deep, or does not fit.
 */
export function parseReport<T>(
  input: string | Uint8Array,
  schema: z.ZodType<T>,
  { what, scanner }: { readonly what: string; readonly scanner: string },
): T {
  let value: unknown
  try {
    const text = typeof input === 'string' ? input : new TextDecoder('utf-8', { fatal: true }).decode(input)
    if (depthOf(text) > maxDepth) throw new RangeError(`nested deeper than ${maxDepth}`)
    value = JSON.parse(text)
  } catch (cause) {
    throw new ScanError('REPORT_INVALID', `the ${what} is not JSON`, { cause, scanner })
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problem = z.prettifyError(result.error).split('\n').slice(0, 4).join(' ').slice(0, 400)
  throw new ScanError('REPORT_INVALID', `not a ${what}: ${problem}`, { scanner })
}

function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === 0x5c) at++
      else if (code === 0x22) inString = false
    } else if (code === 0x22) inString = true
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth)
    else if (code === 0x7d || code === 0x5d) depth--
  }
  return deepest
}
