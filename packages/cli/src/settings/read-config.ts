import { readFile, stat } from 'node:fs/promises'
import { CliError } from '../errors.ts'
import { nearestName } from '../internal/nearest-name.ts'
import { configKey, optionNames, optionTable } from './option-table.ts'
import { readValue } from './read-value.ts'

/** A configuration file that was read. */
export interface ConfigFile {
  readonly path: string
  readonly values: Readonly<Record<string, unknown>>
}

const names = ['sallyport.yaml', 'sallyport.yml', 'sallyport.json'] as const
const maxBytes = 1024 * 1024

/** Keys that a file may have, with their options. */
export const configKeys: ReadonlyMap<string, (typeof optionNames)[number]> = new Map(
  optionNames.filter((name) => !optionTable[name].isOfRun).map((name) => [configKey(name), name]),
)

/**
 * Reads the file that was named, or the one in the working folder; `undefined` when there is none. Unknown keys are
 * refused, whatever the command: one that is misspelt must not silently not apply.
 *
 * @throws {CliError} `FILE_UNREADABLE` for a file that was named and is not there.
 * @throws {CliError} `CONFIG_INVALID` for one that is no such file, or when there are several.
 */
export async function readConfig(named: string | undefined): Promise<ConfigFile | undefined> {
  const path = named ?? (await findConfig())
  if (path === undefined) return undefined
  const text = await readText(path)
  const { parseYaml } = await import('./parse-yaml.ts')
  const parsed = parseYaml(text)
  if (!parsed.ok) throw invalid(path, parsed.reason)
  const values = parsed.value
  if (values === null || values === undefined) return { path, values: {} }
  if (typeof values !== 'object' || Array.isArray(values)) throw invalid(path, 'expected keys and values')
  const entries = Object.entries(values)
  for (const [key, value] of entries) {
    const name = configKeys.get(key)
    if (!name) throw unknownKey(path, key)
    readValue(optionTable[name], value, `${path}: ${key}`)
  }
  return { path, values: Object.fromEntries(entries) }
}

async function findConfig(): Promise<string | undefined> {
  const found: string[] = []
  for (const name of names) if (await isFile(name)) found.push(name)
  if (found.length > 1)
    throw new CliError(
      'CONFIG_INVALID',
      `there are ${found.join(' and ')}: nobody can tell which one counts`,
      {
        advice: 'Keep one of them, or name it with --config.',
      },
    )
  return found[0]
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  )

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > maxBytes) throw invalid(path, 'more than 1 MiB')
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    const { code } = cause as NodeJS.ErrnoException
    throw new CliError('FILE_UNREADABLE', `the configuration ${path} can't be read (${code})`, {
      cause,
      advice: 'Check the name and the rights of the file.',
    })
  }
}

function unknownKey(path: string, key: string): CliError {
  const shown = key.slice(0, 60)
  const near = nearestName(key, configKeys.keys())
  return new CliError('CONFIG_INVALID', `${path}: there is no key "${shown}"`, {
    advice: near
      ? `Did you mean "${near}"?`
      : 'The keys are the names of the options in camelCase; docs/guides/cli.md lists them.',
  })
}

function invalid(path: string, reason: string): CliError {
  return new CliError('CONFIG_INVALID', `${path}: ${reason}`, {
    advice: 'Correct the file; docs/guides/cli.md lists its keys.',
  })
}
