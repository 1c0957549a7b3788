import { z } from 'zod'

/** A name that nobody knows asks for something that would not be looked at: it is refused, never passed over. */
const fields = z.strictObject
const text = z.string()
const texts = z.array(text).optional()
const name = text.optional()
const moment = z.date().optional()
const maxAgeMs = z.number().min(0).optional()
const threshold = z.int().min(1).optional()
const level = z.literal([0, 1, 2, 3]).optional()
const aFunction = z.custom<unknown>((value) => typeof value === 'function', 'expected a function')

const pattern = z.union([text, fields({ pattern: text })])
const identity = fields({ issuer: pattern, subject: pattern, claims: z.record(text, pattern).optional() })
const key = z.union([
  text,
  fields({
    pem: text,
    algorithm: name,
    validFor: fields({ start: moment, end: moment }).optional(),
    hint: name,
  }),
])
const by = fields({ keys: z.array(key).optional(), identities: z.array(identity).optional() })

const conditions = {
  conditions: z
    .array(
      fields({
        path: text,
        equals: z.unknown().optional(),
        in: z.array(z.unknown()).optional(),
        exists: z.boolean().optional(),
      }),
    )
    .optional(),
  schema: z.looseObject({ safeParse: aFunction }).optional(),
  where: aFunction.optional(),
}

/** One requirement; those inside of a group are looked at one by one. */
export const requirementSchema = z.discriminatedUnion('kind', [
  fields({
    kind: z.literal('signature'),
    name,
    by,
    threshold,
    maxAgeMs,
    annotations: z.record(text, text).optional(),
    expectReference: text.min(1).optional(),
  }),
  fields({
    kind: z.literal('attestation'),
    name,
    by,
    threshold,
    maxAgeMs,
    predicateType: text.min(1),
    ...conditions,
  }),
  fields({
    kind: z.literal('provenance'),
    name,
    maxAgeMs,
    builders: z.array(fields({ id: text.min(1), by, level })).min(1),
    minimumLevel: level,
    source: fields({ uri: text.min(1), branch: name, tag: name }).optional(),
    buildTypes: texts,
    externalParameters: texts,
    ...conditions,
  }),
  fields({
    kind: z.literal('vsa'),
    name,
    maxAgeMs,
    verifiers: z.array(fields({ id: text.min(1), by })).min(1),
    resourceUri: text.min(1),
    minimumLevels: texts,
    minimumDependencyLevels: texts,
    policy: fields({ uri: name, digest: name }).optional(),
    ...conditions,
  }),
  fields({
    kind: z.literal('sbom'),
    name,
    by,
    threshold,
    maxAgeMs,
    formats: z
      .array(z.enum(['cyclonedx', 'spdx']))
      .min(1)
      .optional(),
    inventory: z.union([z.array(text), aFunction]).optional(),
    ...conditions,
  }),
  fields({ kind: z.literal(['allOf', 'anyOf']), name, requirements: z.array(z.unknown()).min(1) }),
  fields({
    kind: z.literal('atLeast'),
    name,
    count: z.int().min(1),
    requirements: z.array(z.unknown()).min(1),
  }),
])
