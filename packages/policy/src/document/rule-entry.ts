import { lostTypes } from '../rules/applies-to.ts'
import { withCondition } from '../rules/condition.ts'
import type { Loosening, RuleContext, RuleMode, RuleSettings } from '../rules/rule-kind.ts'
import type { FieldSet, Inherited, Place } from './document-review.ts'
import type { AnyRuleKind } from './policy-kinds.ts'
import type { WrittenSettings } from './rule-settings.schema.ts'
import type { CompiledRule } from './tier.ts'

/** Sections of a tier that hold rules, in the order of evaluation. */
export const ruleSections = ['preconditions', 'thresholds', 'requirements', 'rules'] as const

/** One of them. */
export type RuleSection = (typeof ruleSections)[number]

/** A rule of a tier, with everything that it inherits. */
export interface RuleEntry {
  readonly section: RuleSection
  /** Name of its kind, e.g. `threshold`, `sbom`, `cel`. */
  readonly kindName: string
  readonly kind: AnyRuleKind
  readonly name: string
  /** Where it was written first; nowhere when it is built in. */
  readonly at: Place | undefined
  /** What its kind asks for. */
  readonly own: Inherited<unknown>
  readonly settings: Inherited<WrittenSettings>
}

const strength: readonly RuleMode[] = ['off', 'audit', 'warn', 'enforce']

/** Whether a mode weighs less than another. */
export const isWeaker = (mode: RuleMode, other: RuleMode): boolean =>
  strength.indexOf(mode) < strength.indexOf(other)

/** All fields of a rule. */
export const fieldsOf = ({ own, settings }: RuleEntry): FieldSet =>
  new Map([...settings.fields, ...own.fields])

/** A rule in a tier that gives its mode to rules without one. */
export interface RuleInTier {
  readonly entry: RuleEntry
  readonly tierMode: RuleMode
}

/** Where a rule asks for less than the one that it inherits from. */
export function findLoosenings(
  parent: RuleInTier,
  child: RuleInTier,
  written: Readonly<Record<string, unknown>>,
): Loosening[] {
  const before = { ...parent.entry.settings.value, mode: modeOf(parent) }
  const after = { ...child.entry.settings.value, mode: modeOf(child) }
  const loosened: Loosening[] = []
  if (isWeaker(after.mode, before.mode)) {
    // What the mode of the tier makes weaker is told once, there.
    if (Object.hasOwn(written, 'mode')) loosened.push({ path: ['mode'], was: before.mode })
  } else if (before.mode === 'enforce' && (after.enforceFrom ?? '') > (before.enforceFrom ?? '')) {
    loosened.push({ path: ['enforceFrom'], was: before.enforceFrom ?? 'at once' })
  }
  const lost = lostTypes(before.appliesTo, after.appliesTo)
  if (lost.length > 0) loosened.push({ path: ['appliesTo'], was: lost.join(', ') })
  // Which of two conditions holds more often can't be computed.
  if (after.when !== undefined && after.when !== before.when)
    loosened.push({ path: ['when'], was: before.when ?? 'always' })
  return [...loosened, ...child.entry.kind.loosened(parent.entry.own.value, child.entry.own.value)]
}

/** Whether a rule is asked of every image. */
export function isAlwaysAsked(rule: RuleInTier): boolean {
  const { when, appliesTo } = rule.entry.settings.value
  return modeOf(rule) !== 'off' && when === undefined && lostTypes(undefined, appliesTo).length === 0
}

/** The rule as it is evaluated. */
export function toCompiledRule(rule: RuleInTier): CompiledRule {
  const { kind, kindName } = rule.entry
  const complete = toRule(rule)
  const evaluate = (context: RuleContext) => kind.evaluate(complete, context)
  const { when } = rule.entry.settings.value
  return {
    ...settingsOf(rule),
    kind: kindName,
    evaluate: when === undefined ? evaluate : withCondition(when, evaluate),
  }
}

/** What its kind asks for, with its settings. */
export function toRule(rule: RuleInTier): RuleSettings {
  return { ...(rule.entry.own.value as object), ...settingsOf(rule) }
}

function settingsOf(rule: RuleInTier): RuleSettings {
  const { entry } = rule
  const mode = modeOf(rule)
  const { enforceFrom, remedy, appliesTo } = entry.settings.value
  return {
    name: entry.name,
    mode,
    ...(enforceFrom !== undefined && mode === 'enforce' && { enforceFrom }),
    ...(remedy !== undefined && { remedy }),
    ...(appliesTo !== undefined && { appliesTo }),
  }
}

/** What could not be judged is no matter of how far a tier is: a precondition weighs less only where it says so itself. */
function modeOf({ entry, tierMode }: RuleInTier): RuleMode {
  return entry.settings.value.mode ?? (entry.section === 'preconditions' ? 'enforce' : tierMode)
}
