import * as z from 'zod'
import { builtinKinds } from './builtin-kinds.ts'
import type { PolicyKinds } from './policy-kinds.ts'
import {
  lineSchema,
  modeSchema,
  proseSchema,
  ruleSettingsSchema,
  tierNameSchema,
} from './rule-settings.schema.ts'
import {
  acceptedGapSchema,
  breakGlassTermsKind,
  freezeWindowKind,
  traceTermsKind,
  waiverTermsKind,
} from './tier-terms.ts'

/** A JSON Schema (draft 2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>

type Schema = Record<string, unknown>

/**
 * The JSON Schema of policy documents, for editors. It knows the form of each kind of rule; what takes the whole
 * document, such as inheritance, only `parsePolicy` checks.
 */
export function policyJsonSchema(kinds: PolicyKinds = builtinKinds): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://sallyport.dev/schemas/policy/v1',
    title: 'Sallyport policy',
    ...object({ $schema: { type: 'string' }, version: { const: 1 }, tiers: tiersSchema() }, [
      'version',
      'tiers',
    ]),
    $defs: {
      // In a tier that extends another one, a rule may leave to its parent what it would have to say otherwise.
      tier: tierSchema(kinds, { isPartial: false }),
      child: tierSchema(kinds, { isPartial: true }),
    },
  }
}

function tiersSchema(): Schema {
  return {
    type: 'object',
    minProperties: 1,
    propertyNames: toJson(tierNameSchema),
    additionalProperties: {
      type: 'object',
      if: { type: 'object', properties: { extends: true }, required: ['extends'] },
      // oxlint-disable-next-line unicorn/no-thenable -- the keyword of JSON Schema
      then: { $ref: '#/$defs/child' },
      else: { $ref: '#/$defs/tier' },
    },
  }
}

function tierSchema(kinds: PolicyKinds, { isPartial }: { readonly isPartial: boolean }): Schema {
  const extras = { loosen: describe(proseSchema, 'Why it may be looser than what it inherits') }
  const settings = { ...(toJson(ruleSettingsSchema).properties as Schema), ...extras }
  const name = describe(lineSchema, 'Unique in its tier; a child changes the rule of that name')
  const part = (schema: z.ZodType, properties: Schema, required: readonly string[] = []) =>
    extend(toJson(schema), properties, required, isPartial)
  const rule = (schema: z.ZodType) => part(schema, settings)
  const named = (schema: z.ZodType) => part(schema, { name, ...settings }, ['name'])
  const maybeNamed = (schema: z.ZodType) => part(schema, { name, ...settings })
  const listOf = (items: Schema): Schema => ({ type: 'array', items })
  const each = (of: PolicyKinds['requirements'], toSchema: (schema: z.ZodType) => Schema) =>
    object(Object.fromEntries(Object.entries(of).map(([key, { schema }]) => [key, toSchema(schema)])))

  return object({
    extends: describe(tierNameSchema, 'The tier that this one tightens'),
    mode: describe(modeSchema, 'How much rules weigh that do not say so themselves; enforce when absent'),
    ...extras,
    preconditions: each(kinds.preconditions, rule),
    thresholds: listOf(named(kinds.threshold.schema)),
    requirements: each(kinds.requirements, (schema) => ({
      anyOf: [maybeNamed(schema), listOf(named(schema))],
    })),
    rules: listOf(named(kinds.rule.schema)),
    accept: listOf(extend(toJson(acceptedGapSchema), extras, [], false)),
    waivers: part(waiverTermsKind.schema, extras),
    breakGlass: part(breakGlassTermsKind.schema, extras),
    freeze: listOf(part(freezeWindowKind.schema, { name, ...extras }, ['name'])),
    trace: part(traceTermsKind.schema, extras),
  })
}

function object(properties: Schema, required: readonly string[] = []): Schema {
  return { type: 'object', properties, ...(required.length > 0 && { required }), additionalProperties: false }
}

/** An object, or each of several, with more properties. */
function extend(schema: Schema, properties: Schema, required: readonly string[], isPartial: boolean): Schema {
  for (const key of ['anyOf', 'oneOf'] as const) {
    const branches = schema[key] as Schema[] | undefined
    if (branches)
      return { ...schema, [key]: branches.map((one) => extend(one, properties, required, isPartial)) }
  }
  const { required: own = [], properties: known, ...rest } = schema
  const all = [...required, ...(isPartial ? [] : (own as readonly string[]))]
  return {
    ...rest,
    properties: { ...properties, ...(known as Schema | undefined) },
    ...(all.length > 0 && { required: all }),
  }
}

function toJson(schema: z.ZodType): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return rest
}

function describe(schema: z.ZodType, description: string): Schema {
  return { ...toJson(schema), description }
}
