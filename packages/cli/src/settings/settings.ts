import { CliError } from '../errors.ts'
import { configKey, environmentName, isSecret, type OptionName, optionTable } from './option-table.ts'
import { type OptionValue, readValue, unitsMs } from './read-value.ts'

/** Where a value comes from. */
export type Origin =
  | { readonly from: 'default' }
  | { readonly from: 'file'; readonly file: string }
  | { readonly from: 'environment'; readonly variable: string }
  | { readonly from: 'flag' }

/** A value and where it comes from. */
export interface Setting {
  readonly value: OptionValue
  readonly origin: Origin
}

/** What was given for this run. */
export interface SettingSources {
  /** By the option's name. */
  readonly flags: Readonly<Partial<Record<OptionName, unknown>>>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** By the key of the file. */
  readonly file?: { readonly path: string; readonly values: Readonly<Record<string, unknown>> } | undefined
}

/** The resolved values of one command's options. */
export interface Settings {
  readonly names: readonly OptionName[]
  find(name: OptionName): Setting | undefined
  /** `undefined` without a value. */
  text(name: OptionName): string | undefined
  /** @throws {CliError} `OPTION_MISSING` without a value. */
  required(name: OptionName): string
  flag(name: OptionName): boolean
  number(name: OptionName): number | undefined
  /** Empty without a value. */
  list(name: OptionName): readonly string[]
}

/**
 * Resolves options: a flag is stronger than the environment, that than the file, that than the default.
 *
 * @throws {CliError} `OPTION_INVALID` for a value that is none.
 */
export function resolveSettings(names: readonly OptionName[], sources: SettingSources): Settings {
  const settings = new Map(
    names.flatMap((name) => {
      const setting = resolveOne(name, sources)
      return setting ? [[name, setting] as const] : []
    }),
  )
  const find = (name: OptionName) => {
    if (!names.includes(name)) throw new TypeError(`this command has no option --${name}`)
    return settings.get(name)
  }
  const text = (name: OptionName) => find(name)?.value as string | undefined
  return {
    names,
    find,
    text,
    required(name) {
      const value = text(name)
      if (value !== undefined) return value
      throw new CliError('OPTION_MISSING', `--${name} is missing: ${optionTable[name].about}`, {
        advice: `Give --${name}, set ${environmentName(name)}, or write ${configKey(name)} into sallyport.yaml.`,
      })
    },
    flag: (name) => find(name)?.value === true,
    number: (name) => find(name)?.value as number | undefined,
    list: (name) => (find(name)?.value as readonly string[] | undefined) ?? [],
  }
}

function resolveOne(name: OptionName, { flags, environment, file }: SettingSources): Setting | undefined {
  const spec = optionTable[name]
  const given = flags[name]
  if (given !== undefined) return { value: readValue(spec, given, `--${name}`), origin: { from: 'flag' } }
  const variable = environmentName(name)
  const text = environment[variable]
  if (text !== undefined && text !== '') {
    const value = spec.isList ? text.split(',').filter((item) => item !== '') : text
    return { value: readValue(spec, value, variable), origin: { from: 'environment', variable } }
  }
  const written = spec.isOfRun ? undefined : file?.values[configKey(name)]
  if (file && written !== undefined) {
    const value = readValue(spec, written, `${file.path}: ${configKey(name)}`)
    return { value, origin: { from: 'file', file: file.path } }
  }
  if (spec.defaults === undefined) return undefined
  return { value: readValue(spec, spec.defaults, `--${name}`), origin: { from: 'default' } }
}

/** Milliseconds as they would be typed. */
function formatDuration(ms: number): string {
  for (const [unit, size] of Object.entries(unitsMs).toReversed())
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`
  return `${ms}ms`
}

/** A value for people; what is secret is not shown. */
export function showSetting(name: OptionName, { value }: Setting): string {
  const spec = optionTable[name]
  if (spec.kind === 'duration') return formatDuration(Number(value))
  if (!isSecret(spec)) return Array.isArray(value) ? value.join(', ') : String(value)
  // A name of a variable is no secret; anything else may be one that was put in the wrong place.
  return /^env:\/\/[A-Z_][A-Z0-9_]{0,63}$/.test(String(value)) ? String(value) : '(given, not shown)'
}

/** Where a value comes from, in words. */
export function showOrigin(origin: Origin): string {
  switch (origin.from) {
    case 'file':
      return origin.file
    case 'environment':
      return origin.variable
    default:
      return origin.from
  }
}
