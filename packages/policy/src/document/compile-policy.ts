import type { Digest } from '@sallyport/core'
import { builtinRules, compileRules } from './compile-rules.ts'
import { compileTerms, defaultTerms } from './compile-terms.ts'
import { DocumentReview, type WrittenPart } from './document-review.ts'
import { listValues } from './list-values.ts'
import { invalidDocument, type OpenDocument } from './open-yaml.ts'
import { orderTiers } from './order-tiers.ts'
import type { PolicyKinds } from './policy-kinds.ts'
import { policySchema, type TierOutline } from './policy.schema.ts'
import type { Policy } from './policy.ts'
import { checkForm } from './read-document.ts'
import { isWeaker, type RuleEntry, ruleSections, toCompiledRule } from './rule-entry.ts'
import type { TierDraft } from './tier-draft.ts'
import type { EffectiveTier } from './tier.ts'

/**
 * Turns a document into a policy: each tier with what it inherits, and nothing looser in it without a reason.
 *
 * @throws {PolicyError} `POLICY_INVALID` with the position of each issue.
 */
export function compilePolicy(document: OpenDocument, digest: Digest, kinds: PolicyKinds): Policy {
  const { tiers } = checkForm(document, policySchema)
  const { names, issues } = orderTiers(tiers, document)
  if (issues.length > 0) throw invalidDocument(document.source, issues)

  const review = new DocumentReview(document)
  const drafts = new Map<string, TierDraft>()
  for (const name of names) {
    const outline = tiers[name]!
    drafts.set(name, draftTier(review, name, outline, drafts.get(outline.extends ?? ''), kinds))
  }
  const extended = new Set(Object.values(tiers).map((tier) => tier.extends))
  for (const { name, entries, unreadable } of drafts.values()) {
    const isEmpty = [...entries.values()].every(({ section }) => section === 'preconditions')
    if (isEmpty && unreadable.size === 0 && !extended.has(name)) {
      review.report(['tiers', name], 'a tier needs at least one threshold, requirement or rule')
    }
  }
  if (review.issues.length > 0) throw invalidDocument(document.source, review.issues)

  return {
    source: document.source,
    digest,
    tiers: new Map(Object.keys(tiers).map((name) => [name, toTier(drafts.get(name)!, review)])),
  }
}

function draftTier(
  review: DocumentReview,
  name: string,
  outline: TierOutline,
  parent: TierDraft | undefined,
  kinds: PolicyKinds,
): TierDraft {
  const mode = outline.mode ?? parent?.mode ?? 'enforce'
  const modeField = outline.mode ? { tier: name, path: ['tiers', name, 'mode'] } : parent?.modeField
  const part: WrittenPart = {
    tier: name,
    path: ['tiers', name],
    label: 'tier',
    fields: outline.mode ? { mode } : {},
  }
  const loosened = parent && isWeaker(mode, parent.mode) ? [{ path: ['mode'], was: parent.mode }] : []
  const ofMode = review.compare(part, loosened, {
    loosen: outline.loosen,
    originOf: () => review.originOf(parent?.modeField),
  })
  const rules = compileRules(
    review,
    { name, outline, mode },
    // What has no parent inherits the built-in preconditions.
    { ...(parent ?? builtinRules(kinds)), tier: parent?.name, mode: parent?.mode ?? mode, modeField },
    kinds,
  )
  const { terms, loosenings } = compileTerms(
    review,
    { name, outline },
    parent?.terms ?? defaultTerms,
    parent?.name,
  )
  return {
    name,
    ancestors: parent ? [parent.name, ...parent.ancestors] : [],
    mode,
    modeField,
    entries: rules.entries,
    unreadable: rules.unreadable,
    terms,
    loosenings: [...(parent?.loosenings ?? []), ...ofMode, ...rules.loosenings, ...loosenings],
  }
}

function toTier(draft: TierDraft, review: DocumentReview): EffectiveTier {
  const { name, ancestors, mode, entries, terms, loosenings } = draft
  const ordered = orderRules([...entries.values()])
  return {
    name,
    mode,
    rules: ordered.map((entry) => toCompiledRule({ entry, tierMode: mode })),
    acceptedGaps: terms.accept.map(({ value }) => value),
    waivers: terms.waivers.value,
    breakGlass: terms.breakGlass.value,
    freeze: [...terms.freeze].map(([window, { value }]) => ({ name: window, ...value })),
    traceCoverage: terms.trace.value,
    ancestors,
    values: listValues(draft, ordered, review),
    loosenings,
  }
}

/** By section; requirements of one kind stand together. */
function orderRules(entries: readonly RuleEntry[]): readonly RuleEntry[] {
  return ruleSections.flatMap((section) =>
    [
      ...Map.groupBy(
        entries.filter((entry) => entry.section === section),
        ({ kindName }) => kindName,
      ).values(),
    ].flat(),
  )
}
