import type { Digest } from '@sallyport/core'
import { z } from 'zod'
import type { HardenPlan } from '../plan/plan-hardening.ts'
import { parseDocument } from './harden-document.schema.ts'

const named = z.object({
  purl: z.string().min(1).max(2048),
  /** Path of the record or file that the package was read from: with the purl it names one package of the image. */
  evidence: z.string().min(1).max(4096),
})
const planDocumentSchema = z.strictObject({
  schema: z.literal('https://sallyport.dev/harden-plan/v1'),
  /** Digest of the manifest that it is for, and for no other. */
  image: z.string().regex(/^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/),
  mode: z.enum(['closed', 'relaxed']),
  remove: z.array(named.extend({ bytes: z.number().int().nonnegative().optional() })).max(200_000),
  /** For the reader, and not read when the plan is applied. */
  kept: z.array(named.extend({ usage: z.string(), because: z.string() })).max(200_000),
  /** Names of packages that stay in any case: add to it what should not go. */
  keep: z.array(z.string().min(1).max(1024)).max(10_000),
})

/** A plan as a person reviews and changes it: add names to `keep`, or take entries out of `remove`. Version 1. */
export type PlanDocument = z.infer<typeof planDocumentSchema>

/** A plan as data. `sizeOf`: bytes of a file of the image, for the reader. */
export function toPlanDocument(
  { mode, removed, kept }: HardenPlan,
  image: Digest,
  {
    keep = [],
    sizeOf,
  }: {
    readonly keep?: readonly string[] | undefined
    readonly sizeOf?: ((path: string) => number) | undefined
  } = {},
): PlanDocument {
  const order = (one: z.infer<typeof named>, other: z.infer<typeof named>) =>
    keyOf(one) < keyOf(other) ? -1 : 1
  return {
    schema: 'https://sallyport.dev/harden-plan/v1',
    image,
    mode,
    remove: removed
      .map(({ purl, evidence, files }) => ({
        purl,
        evidence: evidence.path,
        bytes: sizeOf && files.reduce((sum, path) => sum + sizeOf(path), 0),
      }))
      .sort(order),
    kept: kept
      .map(({ package: { purl, evidence }, usage: { usage, keptBy, chain } }) => ({
        purl,
        evidence: evidence.path,
        usage,
        because:
          keptBy?.detail ?? (chain[0] ? `${chain[0].from} -${chain[0].kind}-> ${chain.at(-1)!.to}` : usage),
      }))
      .sort(order),
    keep: [...keep],
  }
}

const keyOf = ({ purl, evidence }: z.infer<typeof named>) => `${purl}\0${evidence}`

/**
 * Reads a plan that was stored, and perhaps changed by hand. Unknown fields are refused: a misspelt `keep` must not be
 * passed over.
 *
 * @throws {HardenError} `PLAN_INVALID` when it is no plan of version 1, `LIMIT_EXCEEDED` above 256 MiB.
 */
export function parsePlanDocument(text: string): PlanDocument {
  return parseDocument(text, planDocumentSchema, 'plan')
}
