import { loadYaml } from '../internal/load-libraries.ts'
import type { TierDescription } from './describe-tier.ts'
import type { TierValue, ValueOrigin } from './tier.ts'

/** How many steps of a path name an entry of a list, by its section. */
const entryDepths: Readonly<Record<string, number>> = {
  thresholds: 2,
  requirements: 3,
  rules: 2,
  accept: 2,
  freeze: 2,
}

/** Writes what holds in a tier as YAML, with the tier, line and column of each value as comments. */
export function formatTier({ tier, ancestors, policy, values, loosenings }: TierDescription): string {
  const lines = [`# tier ${tier} of ${escapeSigns(policy.source)} (${policy.digest})`]
  if (ancestors.length > 0) lines.push(`# extends ${ancestors.join(', ')}`)
  for (const [index, value] of values.entries()) {
    lines.push(...formatValue(value, values[index - 1]?.path ?? [], values[index + 1]?.path ?? []))
  }
  if (loosenings.length > 0) lines.push('# looser than what is inherited:')
  for (const { part, path, was, from, reason, at } of loosenings) {
    const what = `${part} ${path.join('.')} (${describeOrigin(at)})`
    lines.push(escapeSigns(`# - ${what}: was ${was} (${describeOrigin(from)}); ${reason}`))
  }
  return `${lines.join('\n')}\n`
}

/** The lines of a value: what stands above it, unless the value before it stands there too, and itself. */
function formatValue(
  { path, value, origin }: TierValue,
  before: readonly string[],
  after: readonly string[],
): string[] {
  const entryDepth = entryDepths[path[0]!]
  const shared = path.findIndex((part, index) => part !== before[index])
  const lines: string[] = []
  // the start of a list's entry goes on the line of its first value
  let bullet = ''
  for (let depth = shared + 1; depth < path.length; depth++) {
    if (depth === entryDepth) bullet = '- '
    else lines.push(`${'  '.repeat(depth - 1)}${formatScalar(path[depth - 1]!)}:`)
  }
  const key = path.length === entryDepth ? '- name' : formatScalar(path.at(-1)!)
  const isParent = path.length > 1 && path.every((part, index) => part === after[index])
  const isRule = path.length === 2 && path[0] === 'preconditions'
  const text = isRule ? (isParent ? '' : ' {}') : ` ${formatScalar(value)}`
  const indent = '  '.repeat(path.length - (bullet === '' ? 1 : 2))
  return [...lines, `${indent}${bullet}${key}:${text} # ${describeOrigin(origin)}`]
}

function describeOrigin({ tier, line, column }: ValueOrigin): string {
  if (tier === undefined) return 'built in'
  return line === undefined || line === 0 ? tier : `${tier} ${line}:${column}`
}

/** A value on one line. */
function formatScalar(value: unknown): string {
  if (typeof value === 'string' && /\p{C}/u.test(value)) return escapeSigns(JSON.stringify(value))
  return loadYaml().stringify(value, { collectionStyle: 'flow', lineWidth: 0, blockQuote: false }).trimEnd()
}

/** Escapes what would end a line or turn a terminal, as JSON does. */
function escapeSigns(text: string): string {
  return text.replace(/\p{C}/gu, (sign) =>
    Array.from(
      { length: sign.length },
      (_, index) => `\\u${sign.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}
