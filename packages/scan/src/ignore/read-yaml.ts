import * as z from 'zod'
import { ScanError } from '../errors.ts'
import { loadYaml } from '../internal/load-libraries.ts'

/**
 * Reads a YAML document of a known form.
 *
 * @throws {ScanError} `IGNORE_FILE_INVALID` naming line or field; `LIMIT_EXCEEDED`.
 */
export function readYaml<T>(
  text: string,
  schema: z.ZodType<T>,
  { source, maxBytes }: { readonly source: string; readonly maxBytes: number },
): T {
  if (Buffer.byteLength(text) > maxBytes) {
    throw new ScanError('LIMIT_EXCEEDED', `${source}: more than ${maxBytes} bytes`)
  }
  const document = loadYaml().parseDocument(text, { customTags: ['timestamp'] })
  const [problem] = document.errors
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line
    throw new ScanError(
      'IGNORE_FILE_INVALID',
      `${source}${line === undefined ? '' : `, line ${line}`}: not YAML: ${problem.code}`,
    )
  }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    throw new ScanError('IGNORE_FILE_INVALID', `${source}: too many aliases`, { cause })
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const what = z.prettifyError(result.error).split('\n').slice(0, 4).join(' ').slice(0, 400)
  throw new ScanError('IGNORE_FILE_INVALID', `${source}: ${what}`)
}
