import { stringify } from 'yaml'
import type { TierDescription } from './describe-tier.ts'
import type { TierValue, ValueOrigin } from './tier.ts'

/** How many steps of a path name the entry of a list, by the section. */
const depthOfEntry: Readonly<Record<string, number>> = {
  thresholds: 2,
  requirements: 3,
  rules: 2,
  accept: 2,
  freeze: 2,
}

/** Writes what holds in a tier as YAML, with the tier, line and column of each value as comments. */
export function formatTier({ tier, ancestors, policy, values, loosenings }: TierDescription): string {
  const lines = [`# tier ${tier} of ${oneLine(policy.source)} (${policy.digest})`]
  if (ancestors.length > 0) lines.push(`# extends ${ancestors.join(', ')}`)

  let previous: readonly string[] = []
  for (const value of values) {
    lines.push(...formatHeadings(value, previous), formatValue(value))
    previous = value.path
  }
  if (loosenings.length > 0) lines.push('# looser than what is inherited:')
  for (const { part, path, was, from, reason, at } of loosenings) {
    const field = path.length === 0 ? '' : ` ${path.join('.')}`
    lines.push(
      `# - ${oneLine(part)}${oneLine(field)} (${describeOrigin(at)}): was ${oneLine(was)} (${describeOrigin(from)}); ${oneLine(reason)}`,
    )
  }
  return `${lines.join('\n')}\n`
}

/** The lines above a value: the sections and the entry that it is the first one of. */
function formatHeadings({ path }: TierValue, previous: readonly string[]): string[] {
  const lines: string[] = []
  const entryDepth = depthOfEntry[path[0]!]
  for (let depth = 1; depth < path.length; depth++) {
    const isSame = path.slice(0, depth).every((part, index) => part === previous[index])
    if (isSame && previous.length > depth) continue
    const indent = '  '.repeat(depth - 1)
    if (depth !== entryDepth) lines.push(`${indent}${scalar(path[depth - 1]!)}:`)
    else if (path[0] === 'accept') lines.push(`${indent}-`)
    else lines.push(`${indent}- name: ${scalar(path[depth - 1]!)}`)
  }
  return lines
}

function formatValue({ path, value, origin }: TierValue): string {
  const indent = '  '.repeat(path.length - 1)
  return `${indent}${scalar(path.at(-1)!)}: ${scalar(value)} # ${describeOrigin(origin)}`
}

function describeOrigin({ tier, line, column }: ValueOrigin): string {
  if (tier === undefined) return 'built in'
  return line === undefined || line === 0 ? tier : `${tier} ${line}:${column}`
}

/** A value on one line. */
function scalar(value: unknown): string {
  if (typeof value === 'string' && /\p{C}/u.test(value)) return oneLine(JSON.stringify(value))
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, blockQuote: false }).trimEnd()
}

/** Escapes what would end a line or turn a terminal. */
function oneLine(text: string): string {
  return text.replace(/\p{C}/gu, (sign) => `\\u{${sign.codePointAt(0)!.toString(16)}}`)
}
