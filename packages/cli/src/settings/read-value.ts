import { CliError } from '../errors.ts'
import { nearestName } from '../internal/nearest-name.ts'
import { isSecret, type OptionSpec } from './option-table.ts'

/** A value as commands use it: durations are milliseconds. */
export type OptionValue = string | number | boolean | readonly string[]

/** Units of spans of time, the shortest first. */
export const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * Reads the value of an option, from wherever it came.
 *
 * @throws {CliError} `OPTION_INVALID` naming `where`; never with the value of an option for secrets.
 */
export function readValue(spec: OptionSpec, given: unknown, where: string): OptionValue {
  const refuse = (expected: string) => {
    const came = isSecret(spec) ? '' : `, not ${JSON.stringify(given)?.slice(0, 80)}`
    return new CliError('OPTION_INVALID', `${where}: expected ${expected}${came}`)
  }
  if (spec.isList) {
    const items = Array.isArray(given) ? given : [given]
    return items.map((item) => String(readOne(spec, item, refuse)))
  }
  if (Array.isArray(given)) throw refuse('one value')
  return readOne(spec, given, refuse)
}

function readOne(
  spec: OptionSpec,
  given: unknown,
  refuse: (expected: string) => CliError,
): string | number | boolean {
  switch (spec.kind) {
    case 'flag':
      if (typeof given === 'boolean') return given
      if (given === 'true' || given === '1') return true
      if (given === 'false' || given === '0') return false
      throw refuse('true or false')
    case 'number': {
      const number = typeof given === 'string' && given.trim() !== '' ? Number(given) : given
      if (typeof number === 'number' && Number.isFinite(number) && number >= 0) return number
      throw refuse('a number from 0 up')
    }
    case 'duration': {
      const match = typeof given === 'string' ? /^(\d{1,9})(ms|s|m|h|d)$/.exec(given) : null
      if (!match) throw refuse('a time such as 90s, 30m, 48h or 7d')
      return Number(match[1]) * unitsMs[match[2] as keyof typeof unitsMs]
    }
    default: {
      const text = typeof given === 'number' ? String(given) : given
      if (typeof text !== 'string' || text === '') throw refuse('a text')
      if (text.includes('\0')) throw refuse('a text without NUL')
      if (spec.choices && !spec.choices.includes(text)) {
        const near = nearestName(text, spec.choices)
        throw refuse(`${spec.choices.join(', ')}${near ? ` (did you mean ${near}?)` : ''}`)
      }
      return text
    }
  }
}
