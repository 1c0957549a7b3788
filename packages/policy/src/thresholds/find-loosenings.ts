import type { Loosening, RuleSettings } from '../rules/rule-kind.ts'
import type { Threshold } from './threshold.ts'

/** Where a threshold asks for less than the one that it replaces: it counts fewer findings, or lets more of them be. */
export function findLoosenings(parent: Threshold, child: Threshold): readonly Loosening[] {
  return [
    ...narrowed('severity', parent.severity, child.severity),
    ...narrowed('fix', parent.fix, child.fix),
    ...narrowed('usage', parent.usage, child.usage),
    ...narrowed('kev', spread(parent.kev), spread(child.kev)),
    ...narrowed('ecosystem', parent.ecosystem, child.ecosystem),
    ...narrowed('package', parent.package, child.package),
    ...loosenedAge(parent, child),
    ...loosenedEpss(parent, child),
    ...narrowedExcept(parent, child),
    ...(child.max > parent.max ? [{ path: ['max'], was: String(parent.max) }] : []),
  ]
}

/**
 * Where adding a threshold lets more through: a finding of unknown severity that no inherited one names is limited to
 * none, until a threshold names it.
 */
export function findLooseningsByAdding(
  added: Threshold & RuleSettings,
  inherited: readonly (Threshold & RuleSettings)[],
): readonly Loosening[] {
  if (added.mode === 'off' || added.severity?.includes('unknown') !== true) return []
  const allowsNone = added.max === 0 && added.except === undefined
  if (allowsNone && added.mode === 'enforce' && added.enforceFrom === undefined) return []
  const limited: Threshold = { ...added, severity: ['unknown'], except: undefined, max: 0 }
  const isLimitedAlready = inherited.some(
    (one) =>
      one.mode !== 'off' &&
      one.severity?.includes('unknown') === true &&
      findLoosenings(limited, { ...one, except: undefined, max: 0 }).length === 0,
  )
  return isLimitedAlready ? [] : [{ path: ['severity'], was: 'unknown: at most 0 where no rule names it' }]
}

/** Each value that was named must still be; absent stands for all. */
function narrowed<Value extends string>(
  field: string,
  before: readonly Value[] | undefined,
  after: readonly Value[] | undefined,
): readonly Loosening[] {
  if (after === undefined) return []
  if (before === undefined) return [{ path: [field], was: 'any' }]
  return before.every((value) => after.includes(value)) ? [] : [{ path: [field], was: before.join(', ') }]
}

/** What is listed may be overdue, too. */
function spread(kev: Threshold['kev']): readonly string[] | undefined {
  return kev?.flatMap((state) => (state === 'listed' ? ['listed', 'overdue'] : [state]))
}

function loosenedAge({ age: before }: Threshold, { age: after }: Threshold): readonly Loosening[] {
  if (after === undefined) return []
  if (before === undefined) return [{ path: ['age'], was: 'any' }]
  // another clock may start later
  if (after.since !== before.since) return [{ path: ['age', 'since'], was: before.since }]
  return after.atLeast > before.atLeast
    ? [{ path: ['age', 'atLeast'], was: `${before.atLeast / 3_600_000}h` }]
    : []
}

function loosenedEpss({ epss: before }: Threshold, { epss: after }: Threshold): readonly Loosening[] {
  if (after === undefined) return []
  if (before === undefined) return [{ path: ['epss'], was: 'any' }]
  const loosenings: Loosening[] = []
  for (const field of ['atLeast', 'percentile'] as const) {
    if ((after[field] ?? 0) > (before[field] ?? 0)) {
      loosenings.push({ path: ['epss', field], was: String(before[field] ?? 'any') })
    }
  }
  if (before.missing === 'count' && after.missing === 'skip') {
    loosenings.push({ path: ['epss', 'missing'], was: 'count' })
  }
  return loosenings
}

function narrowedExcept(
  { except: before = [] }: Threshold,
  { except: after = [] }: Threshold,
): readonly Loosening[] {
  return after.every((note) => before.includes(note))
    ? []
    : [{ path: ['except'], was: before.length === 0 ? 'none' : before.join(', ') }]
}
