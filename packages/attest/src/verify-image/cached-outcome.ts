import { type Digest, digestOf, isDigest } from '@sallyport/core'
import { z } from 'zod'
import { toCanonicalJson } from '../internal/canonical-json.ts'
import { statementSchema } from '../statement/statement.schema.ts'
import type { Statement } from '../statement/statement.ts'
import type { Candidate } from '../verify/candidate.ts'
import type { RejectionReason, VerifiedEvidence } from '../verify/evidence.ts'

/** What verifying a candidate found, as far as it depends on nothing but the candidate, its subject and the trust. */
export type CachedOutcome =
  | { readonly state: 'verified'; readonly evidence: CachedEvidence }
  | { readonly state: 'rejected'; readonly reason: RejectionReason; readonly message: string }
  /** Its signature was not looked at, because nobody needs this type. */
  | { readonly state: 'unneeded'; readonly predicateType: string }

/** Evidence without its place; a large statement is left out and read again. */
export type CachedEvidence = Pick<VerifiedEvidence, 'signer' | 'times' | 'logEntries' | 'payload'> & {
  readonly statement?: Statement | undefined
}

const maxLength = 256 * 1024
const version = 2

const time = z.iso.datetime().transform((text) => new Date(text))
const outcomeSchema = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('verified'),
    evidence: z.object({
      signer: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('key'), keyId: z.string() }),
        z.object({
          kind: z.literal('certificate'),
          issuer: z.string(),
          subject: z.string(),
          claims: z.record(z.string(), z.string()),
          validFrom: time,
        }),
      ]),
      times: z.array(z.object({ source: z.enum(['log', 'timestamp-authority']), time })),
      logEntries: z.array(z.object({ logId: z.string(), index: z.string(), integratedAt: time.optional() })),
      payload: z.custom<Digest>(isDigest),
      statement: statementSchema
        .transform(({ subject, predicateType, predicate }): Statement => ({
          _type: 'https://in-toto.io/Statement/v1',
          subject,
          predicateType,
          predicate,
        }))
        .optional(),
    }),
  }),
  z.object({
    state: z.literal('rejected'),
    reason: z.custom<RejectionReason>((value) => typeof value === 'string'),
    message: z.string(),
  }),
  z.object({ state: z.literal('unneeded'), predicateType: z.string() }),
])

const namedSchema = z.object({ key: z.string() })

/**
 * Names the outcome of a candidate. The annotations are part of it: under a tag they hold the signature, the certificate
 * and what logs say.
 */
export function outcomeKey({ store, blob }: Candidate, subject: Digest, trust: Digest): string {
  const { digest, annotations = {} } = blob
  return digestOf(toCanonicalJson({ version, store, digest, annotations, subject, trust }))
}

/** Writes an outcome with its name; without the statement when it is large. */
export function serializeOutcome(key: string, outcome: CachedOutcome): string {
  const text = JSON.stringify({ key, ...outcome })
  if (text.length <= maxLength || outcome.state !== 'verified') return text
  return JSON.stringify({ key, ...outcome, evidence: { ...outcome.evidence, statement: undefined } })
}

/** Reads the outcome of this name; `undefined` when it is none or another's, which is as good as not cached. */
export function parseOutcome(key: string, text: string): CachedOutcome | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return namedSchema.parse(json).key === key ? outcomeSchema.parse(json) : undefined
  } catch {
    return undefined
  }
}
