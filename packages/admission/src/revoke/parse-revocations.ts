import { type Digest, digestOf, isDigest, isSallyportError } from '@sallyport/core'
import { parseInstant, readDocument } from '@sallyport/policy'
import * as z from 'zod'
import { AdmissionError } from '../errors.ts'
import type { RevocationList } from './revocation-list.ts'

/** Options of {@link parseRevocations}. */
export interface ParseRevocationsOptions {
  /** File name or URI, for messages. */
  readonly source: string
}

const instant = z
  .string()
  .refine(
    (text) => parseInstant(text, 'start') !== undefined,
    'expected a date such as 2027-03-31, or a time with its zone such as 2027-03-31T12:00:00Z, that exists',
  )
const span = {
  reason: z.string().trim().min(1).max(1_000),
  from: instant.optional(),
  until: instant.optional(),
}
const revocation = z.union([
  z.strictObject({
    digest: z.string().refine(isDigest, 'expected a digest such as sha256:…'),
    ...span,
  }),
  z.strictObject({
    key: z
      .string()
      .regex(/^[A-Za-z0-9+/]{43}=$/, 'expected the id of a key: base64 of the SHA-256 of its SPKI form'),
    ...span,
  }),
])
const schema = z.strictObject({ version: z.literal(1), revocations: z.array(revocation).max(50_000) })

/**
 * Reads a list of what is revoked (YAML 1.2, or JSON): `version: 1` and `revocations`, each with `digest` or `key`, a
 * `reason`, and from when (`from`, inclusive) until when (`until`, exclusive) where it is not for ever. A bare date is the
 * start of that day in UTC. Unknown fields are refused: an entry that can't be read exactly would not apply.
 *
 * @throws {AdmissionError} `REVOCATIONS_INVALID` with line and column of each fault.
 */
export function parseRevocations(
  document: string | Uint8Array,
  { source }: ParseRevocationsOptions,
): RevocationList {
  try {
    const { data } = readDocument(document, { source, schema })
    return {
      source,
      version: digestOf(document),
      revocations: data.revocations.map(({ reason, from, until, ...what }) => ({
        ...('digest' in what ? { digest: what.digest as Digest } : { key: what.key }),
        reason,
        from: toDate(from),
        until: toDate(until),
      })),
    }
  } catch (cause) {
    if (!isSallyportError(cause)) throw cause
    throw new AdmissionError('REVOCATIONS_INVALID', cause.message, { cause })
  }
}

function toDate(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(parseInstant(text, 'start') ?? Number.NaN)
}
