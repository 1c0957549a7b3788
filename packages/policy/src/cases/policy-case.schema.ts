import { isDigest } from '@sallyport/core'
import * as z from 'zod'
import { parseInstant } from '../parse-instant.ts'
import { waiverFileSchema } from '../waivers/waiver.schema.ts'

const text = z.string().min(1).max(2_000)
const texts = z.array(text).max(10_000)
const usage = z.enum(['executed', 'loaded', 'linked', 'possible', 'present'])
const instant = z
  .string()
  .refine(
    (given) => parseInstant(given, 'start') !== undefined,
    'expected a date such as 2027-03-31, or a time with its zone such as 2027-03-31T12:00:00Z',
  )

const evidence = z.strictObject({
  kind: z.enum(['signature', 'sbom', 'provenance', 'vex', 'scan', 'decision', 'other']),
  signer: text.optional(),
  issuer: text.optional(),
  age: text.optional(),
  builder: z
    .strictObject({
      id: text,
      level: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]).optional(),
    })
    .optional(),
  repository: text.optional(),
  agrees: z.boolean().optional(),
})

const facts = z.strictObject({
  destination: text.optional(),
  packages: texts.optional(),
  findings: texts.optional(),
  usage: z.record(text, usage).optional(),
  trace: z.enum(['none', 'partial', 'complete']).optional(),
  distro: text.optional(),
  dataAge: text.optional(),
  failures: texts.optional(),
  gaps: texts.optional(),
  platforms: z.strictObject({ present: texts, chosen: texts.optional(), judged: texts }).optional(),
  configuration: z
    .strictObject({
      user: z.string().optional(),
      entrypoint: texts.optional(),
      command: texts.optional(),
      environment: texts.optional(),
      exposedPorts: texts.optional(),
      volumes: texts.optional(),
      labels: z.record(text, z.string()).optional(),
      healthCheck: z.boolean().optional(),
      created: instant.optional(),
    })
    .optional(),
  files: z
    .strictObject({
      setuid: texts.optional(),
      capabilities: z.record(text, texts).optional(),
      shells: texts.optional(),
      worldWritable: texts.optional(),
    })
    .optional(),
  base: z
    .strictObject({
      name: text.optional(),
      digest: z.custom<`sha256:${string}`>(isDigest, 'expected a digest').optional(),
      created: instant.optional(),
      knownBy: z.enum(['annotation', 'label', 'provenance', 'layers']),
    })
    .optional(),
  evidence: z.array(evidence).max(1_000).optional(),
  artifactType: text.optional(),
  previous: z
    .strictObject({
      evaluatedAt: instant,
      packages: z.int().min(0),
      findings: z.array(z.strictObject({ id: text, purl: text })),
    })
    .optional(),
})

const expectation = z.strictObject({
  verdict: z.enum(['pass', 'fail', 'error']),
  reasons: texts.optional(),
  notes: texts.optional(),
  rules: z.record(text, z.enum(['holds', 'broken'])).optional(),
  waivers: z
    .record(text, z.enum(['applied', 'expired', 'unused', 'shadowed', 'too-wide', 'void']))
    .optional(),
})

const policyCase = z.strictObject({
  name: text,
  tier: text.optional(),
  now: instant.optional(),
  facts: facts.optional(),
  waivers: waiverFileSchema.shape.waivers.optional(),
  breakGlass: z
    .strictObject({ justification: text, actor: text, expires: instant, ticket: text.optional() })
    .optional(),
  expect: expectation,
})

/** The form of a file of cases. */
export const policyCasesSchema = z.strictObject({
  version: z.literal(1),
  /** Holds for cases that do not say otherwise. */
  defaults: z
    .strictObject({ tier: text.optional(), now: instant.optional(), facts: facts.optional() })
    .optional(),
  cases: z.array(policyCase).min(1).max(10_000),
})
