import type { z } from 'zod'
import { CliError } from '../errors.ts'
import { parseYaml } from '../settings/parse-yaml.ts'
import { readFile } from './read-file.ts'

/**
 * Reads a document of the command's own in YAML or JSON, strictly: what it does not know is refused.
 *
 * @throws {CliError} `FILE_UNREADABLE`, `FILE_INVALID` naming the place.
 */
export async function readYaml<T>(
  path: string,
  schema: z.ZodType<T>,
  { signal }: { readonly signal: AbortSignal },
): Promise<T> {
  const text = (await readFile(path, { signal, maxBytes: 4 * 1024 * 1024 })).toString('utf8')
  const document = parseYaml(text)
  if (!document.ok) throw invalid(path, document.reason)
  const parsed = schema.safeParse(document.value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const at = issue?.path.map(String).join('.')
  const reason = issue?.message.replace(/^Invalid input: (expected .+), received undefined$/, 'missing; $1')
  throw invalid(path, `${at ? `${at}: ` : ''}${reason ?? 'not what it should be'}`)
}

const invalid = (path: string, reason: string): CliError =>
  new CliError('FILE_INVALID', `${path}: ${reason}`, {
    advice: 'docs/guides/cli.md shows what such a file holds.',
  })
