import * as z from 'zod'
import type { DocumentReview, FieldSet } from './document-review.ts'
import { fieldsOf, type RuleEntry } from './rule-entry.ts'
import type { TierDraft } from './tier-draft.ts'
import type { TierValue } from './tier.ts'
import { breakGlassTermsKind, traceTermsKind, waiverTermsKind } from './tier-terms.ts'

/** Every value of a tier as it was written, with its origin; defaults that nobody wrote as a document would say them. */
export function listValues(
  { mode, modeField, terms }: TierDraft,
  rules: readonly RuleEntry[],
  review: DocumentReview,
): TierValue[] {
  const written = (path: readonly string[], fields: FieldSet): TierValue[] =>
    [...fields].map(([key, field]) => ({
      path: [...path, key],
      value: field.value,
      origin: review.originOf(field),
    }))
  const defaults = (path: readonly string[], schema: z.ZodType, fields: FieldSet): TierValue[] =>
    [...defaultsOf(schema)]
      .filter(([key]) => !fields.has(key))
      .map(([key, value]) => ({ path: [...path, key], value, origin: {} }))

  return [
    { path: ['mode'], value: mode, origin: modeField ? review.originOf(modeField) : {} },
    ...rules.flatMap((entry) => {
      const path = pathOf(entry)
      const fields = fieldsOf(entry)
      return [
        { path, value: entry.name, origin: review.originOf(entry.at) },
        ...written(path, fields),
        ...defaults(path, entry.kind.schema, fields),
      ]
    }),
    ...terms.accept.flatMap(({ fields }, index) => written(['accept', String(index)], fields)),
    ...(['waivers', 'breakGlass', 'trace'] as const).flatMap((key) => [
      ...written([key], terms[key].fields),
      ...defaults([key], termsSchemas[key], terms[key].fields),
    ]),
    ...[...terms.freeze].flatMap(([name, { fields }]) => {
      const path = ['freeze', name]
      const [first] = fields.values()
      const at = first && { tier: first.tier, path: first.path.slice(0, -1) }
      return [{ path, value: name, origin: review.originOf(at) }, ...written(path, fields)]
    }),
  ]
}

const termsSchemas = {
  waivers: waiverTermsKind.schema,
  breakGlass: breakGlassTermsKind.schema,
  trace: traceTermsKind.schema,
}

function pathOf({ section, kindName, name }: RuleEntry): string[] {
  return section === 'requirements' ? [section, kindName, name] : [section, name]
}

const known = new WeakMap<z.ZodType, ReadonlyMap<string, unknown>>()

/** Defaults of the fields of a schema, as people write them. */
function defaultsOf(schema: z.ZodType): ReadonlyMap<string, unknown> {
  const cached = known.get(schema)
  if (cached) return cached
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  const defaults = new Map(
    Object.entries(properties).flatMap(([key, property]): [string, unknown][] =>
      typeof property === 'object' && property.default !== undefined ? [[key, property.default]] : [],
    ),
  )
  known.set(schema, defaults)
  return defaults
}
