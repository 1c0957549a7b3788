import type { Usage } from '@sallyport/harden'
import { type Finding, type FixState, severities } from '@sallyport/scan'
import { readPackageName } from './read-package-name.ts'

/** A finding of a case, with what a decision joins to it. */
export interface CaseFinding {
  readonly finding: Finding
  readonly usage?: Usage | undefined
  readonly firstSeen?: string | undefined
}

const usages: readonly string[] = ['executed', 'loaded', 'linked', 'possible', 'present'] satisfies Usage[]
const fixStates: readonly string[] = [
  'fixed',
  'not-fixed',
  'wont-fix',
  'deferred',
  'end-of-life',
] satisfies FixState[]

/** Reads the short notation of a finding; what it does not know is a fault, told as text. */
export function readFinding(text: string): CaseFinding | { readonly fault: string } {
  const [id, level = '', name = '', ...words] = text.trim().split(/\s+/)
  if (!id || name === '') return { fault: 'expected at least an id, a severity and a package' }
  const severity = severities.find((each) => each === level)
  if (severity === undefined) return { fault: `"${level}" is no severity: ${severities.join(', ')}` }
  const named = readPackageName(name)
  if (named === undefined) return { fault: `"${name}" is neither name@version nor a purl with a version` }

  const fields = new Map<string, string>()
  const aliases: string[] = []
  const versions: string[] = []
  let usage: Usage | undefined
  let state: FixState | undefined
  for (const word of words) {
    const colon = word.indexOf(':')
    const [key, value] = colon === -1 ? [word, ''] : [word.slice(0, colon), word.slice(colon + 1)]
    if (colon === -1 && usages.includes(word)) usage = word as Usage
    else if (colon === -1 && fixStates.includes(word)) state = word as FixState
    else if (value !== '' && key === 'alias') aliases.push(value)
    else if (value !== '' && key === 'fix') versions.push(value)
    else if (value !== '' && keys.has(key) && !fields.has(key)) fields.set(key, value)
    else return { fault: `"${word}" is not understood` }
  }
  const get = (key: string) => fields.get(key)
  const epss = get('epss')
  if (epss !== undefined && !(Number(epss) >= 0 && Number(epss) <= 1))
    return { fault: `"epss:${epss}" is not between 0 and 1` }
  const note = get('note')
  if (note !== undefined && note !== 'kernel-not-shipped') return { fault: `"${note}" is no note` }
  for (const key of dates) {
    const date = get(key)
    if (date !== undefined && Number.isNaN(Date.parse(date))) return { fault: `"${key}:${date}" is no date` }
  }
  if (fields.has('kevDue') && !fields.has('kev')) return { fault: 'kevDue needs kev' }
  const kev = get('kev')
  return {
    finding: {
      id,
      aliases,
      package: named,
      severity,
      ratings: [],
      fix: {
        state: state ?? (versions.length > 0 ? 'fixed' : 'not-fixed'),
        versions,
        ...(versions.length > 0 && { suggested: versions[0] }),
        ...(get('fixSince') !== undefined && { availableAt: get('fixSince') }),
      },
      ...(kev !== undefined && { kev: { dateAdded: kev, dueDate: get('kevDue') } }),
      ...(epss !== undefined && { epss: { probability: Number(epss), percentile: Number(epss) } }),
      ...(get('disclosed') !== undefined && { published: get('disclosed') }),
      ...(note !== undefined && { note }),
      ...(get('vex') !== undefined && {
        suppressed: {
          kind: 'vex' as const,
          status: 'not_affected' as const,
          author: get('vex'),
          source: 'vex.json',
        },
      }),
      scanners: ['test'],
    },
    usage,
    firstSeen: get('seen'),
  }
}

const dates = ['fixSince', 'disclosed', 'seen', 'kev', 'kevDue']
const keys = new Set([...dates, 'epss', 'note', 'vex'])
