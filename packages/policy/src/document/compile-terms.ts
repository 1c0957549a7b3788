import type { DocumentReview, FieldSet, Inherited, WrittenPart } from './document-review.ts'
import type { TierOutline } from './policy.schema.ts'
import {
  acceptedGapSchema,
  breakGlassTermsKind,
  freezeWindowKind,
  isGapCovered,
  type TermsKind,
  traceTermsKind,
  waiverTermsKind,
} from './tier-terms.ts'
import type { AcceptedGap, AcceptedLoosening, BreakGlassTerms, FreezeWindow, WaiverTerms } from './tier.ts'

/** What a tier says besides its rules, with everything that it inherits. */
export interface TierTerms {
  readonly waivers: Inherited<WaiverTerms>
  readonly breakGlass: Inherited<BreakGlassTerms>
  readonly trace: Inherited<'complete' | 'partial'>
  /** By name. */
  readonly freeze: ReadonlyMap<string, Inherited<Omit<FreezeWindow, 'name'>>>
  readonly accept: readonly Inherited<AcceptedGap>[]
}

const nothing: FieldSet = new Map<string, never>()
const defaultOf = <T>({ schema }: TermsKind<T>): Inherited<T> => ({
  fields: nothing,
  value: schema.parse({}),
})

/** The terms of a tier that says nothing. */
export const defaultTerms: TierTerms = {
  waivers: defaultOf(waiverTermsKind),
  breakGlass: defaultOf(breakGlassTermsKind),
  trace: defaultOf(traceTermsKind),
  freeze: new Map<string, never>(),
  accept: [],
}

/**
 * Reads the terms of a tier, and holds them against those that it inherits. A tier without parent is free to set the terms
 * of waivers and break-glass, and to accept gaps; the coverage of traces has a default that it may not weaken unsaid.
 */
export function compileTerms(
  review: DocumentReview,
  { name, outline }: { readonly name: string; readonly outline: TierOutline },
  inherited: TierTerms,
  parentTier: string | undefined,
): { readonly terms: TierTerms; readonly loosenings: readonly AcceptedLoosening[] } {
  const loosenings: AcceptedLoosening[] = []
  const isRoot = parentTier === undefined
  const path = ['tiers', name]

  const compile = <T>(
    kind: TermsKind<T>,
    { loosen, ...fields }: Readonly<Record<string, unknown>>,
    place: Omit<WrittenPart, 'fields' | 'tier'>,
    parent: Inherited<T> | undefined,
    isFree: boolean,
  ): Inherited<T> | undefined => {
    const part = { ...place, tier: name, fields }
    const given = review.inherit(part, kind.schema, parent)
    if (!given) return undefined
    const loosened = parent && !isFree ? kind.loosened(parent.value, given.value) : []
    const originOf = (field: string) => review.originOf(parent?.fields.get(field))
    loosenings.push(...review.compare(part, loosened, { loosen, originOf }))
    return given
  }
  const section = <T>(key: 'waivers' | 'breakGlass' | 'trace', kind: TermsKind<T>, parent: Inherited<T>) => {
    const written = outline[key]
    if (!written) return parent
    const isFree = isRoot && key !== 'trace'
    return compile(kind, written, { path: [...path, key], label: key }, parent, isFree) ?? parent
  }

  const freeze = new Map(inherited.freeze)
  const seen = new Set<string>()
  for (const [index, { name: window, ...written }] of (outline.freeze ?? []).entries()) {
    const place = { path: [...path, 'freeze', index], label: `freeze "${window}"` }
    if (seen.has(window)) review.report([...place.path, 'name'], `a second window named "${window}"`)
    seen.add(window)
    const given = compile(freezeWindowKind, written, place, inherited.freeze.get(window), false)
    if (given) freeze.set(window, given)
  }
  return {
    terms: {
      waivers: section('waivers', waiverTermsKind, inherited.waivers),
      breakGlass: section('breakGlass', breakGlassTermsKind, inherited.breakGlass),
      trace: section('trace', traceTermsKind, inherited.trace),
      freeze,
      accept: outline.accept ? compileGaps(outline.accept) : inherited.accept,
    },
    loosenings,
  }

  /** What is written replaces what is inherited, so that a tier may accept less. */
  function compileGaps(written: readonly Readonly<Record<string, unknown>>[]): Inherited<AcceptedGap>[] {
    const accepted = inherited.accept.map(({ value }) => value)
    return written.flatMap(({ loosen, ...fields }, index) => {
      const part = { tier: name, path: [...path, 'accept', index], label: `accept[${index}]`, fields }
      const given = review.inherit(part, acceptedGapSchema, undefined)
      if (!given) return []
      const isLooser = !isRoot && !isGapCovered(given.value, accepted)
      const loosened = isLooser ? [{ path: ['gap'], was: 'none for such images' }] : []
      const originOf = () => ({ tier: parentTier })
      loosenings.push(...review.compare(part, loosened, { loosen, originOf }))
      return [given]
    })
  }
}
