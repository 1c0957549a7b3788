import { canonicalJson, type Digest, isDigest, parseJsonDocument } from '@sallyport/core'
import * as z from 'zod'
import type { BreakGlass } from '../break-glass.ts'
import { PolicyError } from '../errors.ts'
import type { PolicyFacts } from '../facts.ts'
import { parseInstant } from '../parse-instant.ts'
import type { WaiverFile } from '../waivers/waiver.ts'

/** Everything but the policy that a decision was made of, so that it can be made again. Serialisable. */
export interface StoredFacts {
  /** Names this form, with its version. */
  readonly schema: 'https://sallyport.dev/schemas/stored-facts/v1'
  /** Tier whose rules judged it. */
  readonly tier: string
  /** ISO 8601 time of the decision. */
  readonly evaluatedAt: string
  /** The facts. */
  readonly facts: PolicyFacts
  /** The waivers that were given. */
  readonly waivers: readonly WaiverFile[]
  /** Break-glass, where somebody asked for it. */
  readonly breakGlass?: BreakGlass | undefined
}

const maxBytes = 256 * 1024 * 1024
const maxDepth = 64

/** Stored facts as canonical JSON; nothing is left out, so the same policy gives the same decision again. */
export function serializeFacts(stored: Omit<StoredFacts, 'schema'>): string {
  return canonicalJson({ ...stored, schema: 'https://sallyport.dev/schemas/stored-facts/v1' })
}

/**
 * Reads what {@link serializeFacts} wrote, and checks all that decides what was judged at all. Fields that it does not
 * know stay as they are.
 *
 * @throws {PolicyError} `FACTS_INVALID` when it is something else; the message names the first fault.
 * @throws {PolicyError} `LIMIT_EXCEEDED` above 256 MiB.
 */
export function parseFacts(text: string, { source }: { readonly source: string }): StoredFacts {
  const refuse = (why: string) => new PolicyError('FACTS_INVALID', `${source}: ${why}`)
  if (Buffer.byteLength(text) > maxBytes)
    throw new PolicyError('LIMIT_EXCEEDED', `${source}: more than ${maxBytes} bytes`)
  // The schema checks what a wrong type would turn into "nothing found"; the rest is as its writer had it.
  return parseJsonDocument(text, { schema, maxDepth, refuse }) as unknown as StoredFacts
}

const digest = z.custom<Digest>(isDigest, 'expected a sha256 or sha512 digest')
const severity = z.enum(['unknown', 'negligible', 'low', 'medium', 'high', 'critical'])
const texts = z.array(z.string())
const instant = z
  .string()
  .refine((given) => parseInstant(given, 'start') !== undefined, 'expected an ISO 8601 time')
const gaps = z.array(z.looseObject({ code: z.string(), message: z.string() }))

const finding = z.looseObject({
  id: z.string().min(1),
  aliases: texts,
  package: z.looseObject({ purl: z.string(), type: z.string(), name: z.string(), version: z.string() }),
  severity,
  ratings: z.array(z.looseObject({})),
  fix: z.looseObject({
    state: z.enum(['fixed', 'not-fixed', 'wont-fix', 'deferred', 'end-of-life', 'unknown']),
    versions: texts,
  }),
  suppressed: z
    .looseObject({
      kind: z.enum(['vex', 'waiver', 'scanner']),
      status: z.enum(['not_affected', 'fixed', 'ignored']),
      source: z.string(),
    })
    .optional(),
  scanners: texts,
})

const facts = z.looseObject({
  subject: digest,
  destination: z.string().min(1),
  inventory: z.looseObject({
    subject: digest,
    platform: z.looseObject({ os: z.string(), architecture: z.string() }),
    packages: z.array(
      z.looseObject({
        type: z.string(),
        name: z.string(),
        version: z.string(),
        purl: z.string(),
        files: texts,
        evidence: z.looseObject({ path: z.string() }),
      }),
    ),
    gaps,
  }),
  scan: z.looseObject({
    subject: digest,
    reports: z.array(
      z.looseObject({
        scanner: z.looseObject({ name: z.string(), version: z.string() }),
        subject: digest,
        data: z.array(z.looseObject({ name: z.string() })),
        status: z.enum(['complete', 'partial', 'unsupported', 'failed']),
        gaps,
        findings: z.array(finding),
      }),
    ),
    findings: z.array(finding),
  }),
  failures: z.array(z.looseObject({ step: z.string(), code: z.string(), message: z.string() })),
  usage: z.array(
    z.looseObject({
      purl: z.string(),
      usage: z.enum(['executed', 'loaded', 'linked', 'possible', 'present']),
      chain: z.array(z.looseObject({})),
    }),
  ),
  traced: z.boolean().optional(),
  traceCoverage: z.enum(['none', 'partial', 'complete']).optional(),
  vanished: z.array(finding).optional(),
  evidence: z
    .looseObject({
      verified: z.array(
        z.looseObject({ kind: z.string(), subject: digest, digest, signer: z.looseObject({}) }),
      ),
      rejected: z.array(z.looseObject({ code: z.string(), message: z.string() })),
    })
    .optional(),
  removed: z.array(z.looseObject({ purl: z.string() })),
})

const schema = z.object({
  schema: z.literal('https://sallyport.dev/schemas/stored-facts/v1'),
  tier: z.string().min(1),
  evaluatedAt: instant,
  facts,
  waivers: z.array(
    z.looseObject({
      source: z.string(),
      digest,
      waivers: z.array(
        z.looseObject({
          id: z.string().min(1),
          vulnerability: z.string().min(1),
          scope: z.looseObject({}),
          owner: z.string(),
          reason: z.string(),
          expires: instant,
        }),
      ),
    }),
  ),
  breakGlass: z
    .object({ justification: z.string(), actor: z.string(), expires: instant, ticket: z.string().optional() })
    .optional(),
})
