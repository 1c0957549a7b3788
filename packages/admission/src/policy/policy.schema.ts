import { parseDuration } from '@sallyport/policy'
import * as z from 'zod'
import type { AdmissionPolicyDocument } from './policy-document.ts'

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/, 'expected a name of letters, digits, spaces, ".", "_" and "-"')
const prose = z.string().trim().min(1).max(1_000)
const duration = z
  .string()
  .refine((text) => (parseDuration(text) ?? 0) > 0, 'expected a duration such as 90m, 48h, 7d or 2w')
/** An empty list would match nothing or, misread, everything. */
const some = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(1_000)

/**
 * `registry/repository` with `*` for any run of characters, `/` included. A star in the host would let
 * `registry.example*` stand for `registry.example.attacker.example`; only whole leading labels may be open.
 */
const imagePattern = z
  .string()
  .max(500)
  .regex(
    /^(?:\*|(?:\*\.)?[A-Za-z0-9[][A-Za-z0-9.:[\]-]*\/[a-z0-9*][a-z0-9._/*-]*)$/,
    'expected registry/repository, with "*" after the registry or "*." before it, or "*" alone',
  )

/** A registry, or a path in one, whole components of it. */
const registryPlace = z
  .string()
  .max(500)
  .regex(
    /^[A-Za-z0-9[][A-Za-z0-9.:[\]-]*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/,
    'expected a registry, or a registry and a path, without "*"',
  )

const namespacePattern = z
  .string()
  .regex(/^[a-z0-9*][a-z0-9*-]{0,62}$/, 'expected a namespace; "*" may stand in it')
/** One of stars only would exempt everything. */
const exemptedNamespace = namespacePattern.refine((text) => /[^*]/.test(text), 'would exempt every namespace')
const labels = z
  .record(z.string().min(1).max(317), z.string().max(63))
  .refine((given) => Object.keys(given).length > 0, 'expected at least one label')

const textPattern = z.union([
  z.string().min(1).max(1_000),
  z.strictObject({ pattern: z.string().min(1).max(1_000) }),
])
const signerSchema = z
  .strictObject({
    keys: some(z.string().min(1).max(16_384)).optional(),
    identities: some(
      z.strictObject({
        issuer: textPattern,
        subject: textPattern,
        claims: z.record(z.string(), textPattern).optional(),
      }),
    ).optional(),
  })
  .refine(
    ({ keys, identities }) => keys !== undefined || identities !== undefined,
    'expected keys or identities',
  )

/** Names of signers of the document. */
const by = z.union([name, some(name)])
const signed = { by, threshold: z.int().min(1).max(100).optional() }

const matchSchema = z
  .strictObject({
    namespaces: some(namespacePattern).optional(),
    namespaceLabels: labels.optional(),
    objectLabels: labels.optional(),
    images: some(imagePattern).optional(),
  })
  .refine((given) => Object.keys(given).length > 0, 'expected at least one condition')

const requireSchema = z
  .strictObject({
    decision: z
      .strictObject({
        tier: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected the name of a tier'),
        gates: some(z.strictObject({ id: z.string().min(1).max(1_000), by })),
        maxAge: duration.optional(),
        breakGlass: z.enum(['accept', 'refuse']).optional(),
      })
      .optional(),
    sbom: z
      .strictObject({
        ...signed,
        maxAge: duration.optional(),
        formats: some(z.enum(['cyclonedx', 'spdx'])).optional(),
      })
      .optional(),
    signature: z
      .strictObject({ ...signed, annotations: z.record(z.string(), z.string()).optional() })
      .optional(),
    provenance: z
      .strictObject({
        builders: some(
          z.strictObject({
            id: z.string().min(1).max(1_000),
            by,
            level: z.union([z.literal(1), z.literal(2), z.literal(3)]).optional(),
          }),
        ),
        minimumLevel: z.union([z.literal(1), z.literal(2), z.literal(3)]).optional(),
        source: z.strictObject({ uri: z.string().min(1).max(1_000) }).optional(),
        maxAge: duration.optional(),
      })
      .optional(),
    attestations: some(
      z.strictObject({ ...signed, predicateType: z.string().min(1).max(1_000), maxAge: duration.optional() }),
    ).optional(),
  })
  .refine(
    (given) => Object.keys(given).length > 0,
    'expected decision, sbom, signature, provenance or attestations: a rule that asks for nothing lets everything in',
  )

const ruleSchema = z
  .strictObject({
    name,
    match: matchSchema.optional(),
    except: matchSchema.optional(),
    mode: z.enum(['enforce', 'warn', 'audit']).optional(),
    registries: some(registryPlace).optional(),
    require: requireSchema.optional(),
    subject: z.enum(['index', 'platforms', 'both']).optional(),
    onError: z.enum(['deny', 'allow']).optional(),
    stale: duration.optional(),
  })
  .refine(
    (rule) => rule.require !== undefined || rule.registries !== undefined,
    'expected require, or registries alone: a rule that asks for nothing lets everything in',
  )

const exemptionSchema = z.strictObject({
  name,
  namespaces: some(exemptedNamespace),
  images: some(imagePattern).optional(),
  reason: prose,
})

const kindSchema = z.strictObject({
  group: z.string().max(253),
  kind: z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,62}$/, 'expected a kind such as Rollout'),
  podSpec: z
    .string()
    .regex(
      /^[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*){0,9}$/,
      'expected a path such as spec.template.spec',
    ),
})

/** The form of a policy document. */
export const policySchema: z.ZodType<AdmissionPolicyDocument> = z.strictObject({
  version: z.literal(1),
  signers: z.record(name, signerSchema),
  rules: some(ruleSchema),
  exemptions: some(exemptionSchema).optional(),
  onError: z.enum(['deny', 'allow']).optional(),
  noMatch: z.enum(['deny', 'allow']).optional(),
  tags: z.enum(['pin', 'unsafe-keep']).optional(),
  kinds: some(kindSchema).optional(),
  unknownKinds: z.enum(['deny', 'allow']).optional(),
})
