import { z } from 'zod'
import { decodeCanonicalBase64 } from '../internal/canonical-base64.ts'

const maxHashes = 64

const base64 = z.string().transform((text, context) => {
  const bytes = decodeCanonicalBase64(text)
  if (bytes === undefined) context.addIssue({ code: 'custom', message: 'not standard base64' })
  return bytes ?? Buffer.alloc(0)
})
const hex = z
  .string()
  .regex(/^(?:[0-9a-f]{2})+$/)
  .transform((text) => Buffer.from(text, 'hex'))
const natural = z.union([z.string().regex(/^\d{1,19}$/), z.int().nonnegative().transform(String)])
const checkpoint = z.string().min(1)

/** An entry as Rekor v1 answers, under its id (`LogEntry` of its OpenAPI description). */
export const rekorV1EntrySchema = z
  .object({
    body: base64,
    integratedTime: natural,
    logID: hex,
    logIndex: natural,
    verification: z.object({
      signedEntryTimestamp: base64,
      inclusionProof: z.object({
        checkpoint,
        hashes: z.array(hex).max(maxHashes),
        logIndex: natural,
        rootHash: hex,
        treeSize: natural,
      }),
    }),
  })
  .transform(({ body, logID, verification: { signedEntryTimestamp, inclusionProof }, ...entry }) => ({
    logIndex: entry.logIndex,
    logId: { keyId: logID },
    integratedTime: entry.integratedTime,
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: { ...inclusionProof, checkpoint: { envelope: inclusionProof.checkpoint } },
    canonicalizedBody: body,
  }))

/** An entry as Rekor v2 answers: `TransparencyLogEntry` of the Sigstore protocol buffers, in JSON. */
export const rekorV2EntrySchema = z
  .object({
    // protocol buffers leave zeros out
    logIndex: natural.default('0'),
    logId: z.object({ keyId: base64 }),
    inclusionProof: z.object({
      logIndex: natural.default('0'),
      rootHash: base64,
      treeSize: natural,
      hashes: z.array(base64).max(maxHashes).default([]),
      checkpoint: z.object({ envelope: checkpoint }),
    }),
    canonicalizedBody: base64,
  })
  // The log vouches for no time.
  .transform((entry) => ({ ...entry, integratedTime: '0', inclusionPromise: undefined }))
