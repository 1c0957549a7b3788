import type { Loosening, RuleMode } from '../rules/rule-kind.ts'
import type { DocumentReview, Place, WrittenPart } from './document-review.ts'
import type { AnyRuleKind, PolicyKinds } from './policy-kinds.ts'
import type { TierOutline } from './policy.schema.ts'
import {
  fieldsOf,
  findLoosenings,
  isAlwaysAsked,
  type RuleEntry,
  type RuleInTier,
  type RuleSection,
  toRule,
} from './rule-entry.ts'
import { lineSchema, ruleSettingsSchema, settingNames } from './rule-settings.schema.ts'
import type { AcceptedLoosening, ValueOrigin } from './tier.ts'

const maxRules = 1_000

/** Rules of a tier by name, those that it inherits included. */
export interface RuleBook {
  readonly entries: ReadonlyMap<string, RuleEntry>
  /** Names of rules that could not be read, of which nothing more is said. */
  readonly unreadable: ReadonlySet<string>
}

/** What the rules of a tier are held against. */
export interface InheritedRules extends RuleBook {
  /** `undefined` where nothing but the built-in defaults is inherited. */
  readonly tier: string | undefined
  readonly mode: RuleMode
  readonly modeField: Place | undefined
}

interface WrittenRule extends Pick<RuleEntry, 'section' | 'kindName' | 'kind' | 'name'> {
  readonly path: readonly (string | number)[]
  readonly written: Readonly<Record<string, unknown>>
}

/** The preconditions as they are when nobody writes anything. */
export function builtinRules({ preconditions }: PolicyKinds): RuleBook {
  const nothing = new Map<string, never>()
  return {
    unreadable: new Set(),
    entries: new Map(
      Object.entries(preconditions).map(([name, kind]): [string, RuleEntry] => [
        name,
        {
          section: 'preconditions',
          kindName: 'precondition',
          kind,
          name,
          at: undefined,
          own: { fields: nothing, value: kind.schema.parse({}) },
          settings: { fields: nothing, value: {} },
        },
      ]),
    ),
  }
}

/** Reads the rules of a tier, and holds each against the one of the same name that it inherits. */
export function compileRules(
  review: DocumentReview,
  tier: { readonly name: string; readonly outline: TierOutline; readonly mode: RuleMode },
  inherited: InheritedRules,
  kinds: PolicyKinds,
): RuleBook & { readonly loosenings: readonly AcceptedLoosening[] } {
  const entries = new Map(inherited.entries)
  const unreadable = new Set(inherited.unreadable)
  const loosenings: AcceptedLoosening[] = []
  const seen = new Set<string>()

  for (const rule of writtenRules(review, tier, kinds)) {
    const { name, section, written, path } = rule
    const parent = inherited.entries.get(name)
    if (seen.has(name)) {
      review.report([...path, 'name'], `a second ${nounOf[section]} named "${name}"`)
      continue
    }
    seen.add(name)
    if (unreadable.has(name)) continue
    if (parent && (parent.section !== section || parent.kind !== rule.kind)) {
      review.report([...path, 'name'], `a ${nounOf[parent.section]} has the name "${name}" already`)
      continue
    }
    const { name: _, loosen, ...fields } = written
    const part: WrittenPart = { tier: tier.name, path, label: `${section} "${name}"`, fields }
    const entry = readRule(review, rule, part, parent)
    if (!entry) {
      unreadable.add(name)
      entries.delete(name)
      continue
    }
    const child: RuleInTier = { entry, tierMode: tier.mode }
    const loosened = [
      ...(parent ? findLoosenings({ entry: parent, tierMode: inherited.mode }, child, fields) : []),
      ...(inherited.tier === undefined ? [] : findLooseningsByAdding(child, inherited)),
    ]
    loosenings.push(
      ...review.compare(part, loosened, {
        loosen,
        originOf: (field) => originOfField(review, inherited, parent, field),
      }),
    )
    entries.set(name, entry)
  }
  if (entries.size > maxRules) review.report(['tiers', tier.name], `more than ${maxRules} rules`, 'key')
  return { entries, unreadable, loosenings }
}

const nounOf: Readonly<Record<RuleSection, string>> = {
  preconditions: 'precondition',
  thresholds: 'threshold',
  requirements: 'requirement',
  rules: 'rule',
}

function* writtenRules(
  review: DocumentReview,
  { name: tier, outline }: { readonly name: string; readonly outline: TierOutline },
  kinds: PolicyKinds,
): Generator<WrittenRule> {
  const kindOf = (section: 'preconditions' | 'requirements', name: string): AnyRuleKind | undefined => {
    if (Object.hasOwn(kinds[section], name)) return kinds[section][name]
    const known = Object.keys(kinds[section]).join(', ')
    review.report(
      ['tiers', tier, section, name],
      `no ${nounOf[section]} is named "${name}"; there are: ${known}`,
      'key',
    )
    return undefined
  }

  for (const [name, written] of Object.entries(outline.preconditions ?? {})) {
    const path = ['tiers', tier, 'preconditions', name]
    const kind = kindOf('preconditions', name)
    if (!kind) continue
    if (Object.hasOwn(written, 'name')) review.report([...path, 'name'], 'unknown field "name"', 'key')
    yield { section: 'preconditions', kindName: 'precondition', kind, name, path, written }
  }
  for (const [index, written] of (outline.thresholds ?? []).entries()) {
    const path = ['tiers', tier, 'thresholds', index]
    yield {
      section: 'thresholds',
      kindName: 'threshold',
      kind: kinds.threshold,
      name: written.name,
      path,
      written,
    }
  }
  for (const [kindName, one] of Object.entries(outline.requirements ?? {})) {
    const path = ['tiers', tier, 'requirements', kindName]
    const kind = kindOf('requirements', kindName)
    if (!kind) continue
    if (Array.isArray(one)) {
      for (const [index, written] of one.entries()) {
        yield { section: 'requirements', kindName, kind, name: written.name, path: [...path, index], written }
      }
      continue
    }
    const written = one as Record<string, unknown>
    // A precondition may have the name of the kind, such as `packages`.
    const unnamed = Object.hasOwn(kinds.preconditions, kindName) ? `${kindName} requirement` : kindName
    const name = lineSchema.safeParse(written.name ?? unnamed)
    if (name.success) yield { section: 'requirements', kindName, kind, name: name.data, path, written }
    else review.report([...path, 'name'], name.error.issues[0]?.message ?? 'expected a name')
  }
  for (const [index, written] of (outline.rules ?? []).entries()) {
    const path = ['tiers', tier, 'rules', index]
    yield { section: 'rules', kindName: 'cel', kind: kinds.rule, name: written.name, path, written }
  }
}

function readRule(
  review: DocumentReview,
  { section, kindName, kind, name }: WrittenRule,
  part: WrittenPart,
  parent: RuleEntry | undefined,
): RuleEntry | undefined {
  const split = (isSetting: boolean) =>
    Object.fromEntries(Object.entries(part.fields).filter(([key]) => settingNames.has(key) === isSetting))
  const settings = review.inherit({ ...part, fields: split(true) }, ruleSettingsSchema, parent?.settings)
  const own = review.inherit({ ...part, fields: split(false) }, kind.schema, parent?.own)
  if (!settings || !own) return undefined

  const { mode, enforceFrom } = part.fields
  if (enforceFrom !== undefined && mode !== undefined && mode !== 'enforce') {
    review.report([...part.path, 'enforceFrom'], `a rule of mode ${String(mode)} never enforces`)
  }
  return { section, kindName, kind, name, at: parent ? parent.at : part, own, settings }
}

/** A rule that is changed may reach what another rule had judged, as one that is added. */
function findLooseningsByAdding(child: RuleInTier, { entries, mode }: InheritedRules): readonly Loosening[] {
  const { kind } = child.entry
  if (!kind.loosenedByAdding) return []
  // what is off or asked now and then judges nothing that could be counted on
  const inherited = [...entries.values()].filter(
    (entry) => entry.kind === kind && isAlwaysAsked({ entry, tierMode: mode }),
  )
  return kind.loosenedByAdding(
    toRule(child),
    inherited.map((entry) => toRule({ entry, tierMode: mode })),
  )
}

/** Where a rule got the value that a child may not loosen. */
function originOfField(
  review: DocumentReview,
  { tier, modeField }: InheritedRules,
  parent: RuleEntry | undefined,
  field: string,
): ValueOrigin {
  if (!parent) return tier === undefined ? {} : { tier }
  return review.originOf(fieldsOf(parent).get(field) ?? (field === 'mode' ? modeField : parent.at))
}
