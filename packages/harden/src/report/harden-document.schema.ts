import { isJsonDeeperThan } from '@sallyport/core'
import { z } from 'zod'
import { HardenError } from '../errors.ts'

const count = z.number().int().nonnegative()
const usage = z.enum(['executed', 'loaded', 'linked', 'possible', 'present'])
const severity = z.enum(['unknown', 'negligible', 'low', 'medium', 'high', 'critical'])

/** Why a finding is still there. */
const blockStates = [
  'needed-executed',
  'needed-linked',
  'needed-possible',
  'needed-by-policy',
  'needed-by-dependency',
  'unowned-binary',
  'db-not-editable',
  'unused',
] as const
const fixStates = ['patched-available', 'no-fix-available', 'fix-refused'] as const

const keptFinding = z.object({
  id: z.string(),
  severity,
  purl: z.string(),
  package: z.string(),
  version: z.string(),
  usage,
  block: z.enum(blockStates),
  /** What it waits for: a dependency chain, the name of a rule, a reason. */
  detail: z.string().optional(),
  fix: z.enum(fixStates),
  fixDetail: z.string().optional(),
  /** From the entry to the package's file, a step each. */
  chain: z.array(z.string()),
  /** What would let it go. */
  remedies: z.array(z.string()),
})

/** The wire format of {@link HardenDocument}. */
export const hardenDocumentSchema = z.object({
  schema: z.literal('https://sallyport.dev/harden-report/v1'),
  image: z.object({ before: z.string(), after: z.string().optional() }),
  mode: z.enum(['closed', 'relaxed']),
  coverage: z.enum(['none', 'partial', 'complete']),
  unchangedBecause: z.string().optional(),
  /** Gone with their bytes. */
  removed: z.array(
    z.object({ purl: z.string(), name: z.string(), version: z.string(), bytes: count, files: count }),
  ),
  /** There in another version. */
  patched: z.array(z.object({ name: z.string(), from: z.string(), to: z.string() })),
  /** Not used by anything, and there. */
  unusedButKept: z.array(z.object({ purl: z.string(), because: z.string() })),
  packages: z.object({ before: count, after: count }),
  bytes: z.object({ removed: count, before: count.optional(), after: count.optional() }),
  findings: z
    .object({
      before: count,
      /** Of the same image, rewritten without a change: what scanning alone makes of it. */
      control: count.optional(),
      after: count,
      /** Of those from before that are gone: why. */
      gone: z.object({ removed: count, patched: count, unexplained: count }),
      added: count,
    })
    .optional(),
  kept: z.array(keptFinding),
  invariants: z.array(z.object({ id: z.string(), holds: z.boolean() })),
})

/** A finding that is still there, and why. */
export type KeptFinding = z.infer<typeof keptFinding>

/** What hardening did to an image, as data that is stored and sent. Version 1. */
export type HardenDocument = z.infer<typeof hardenDocumentSchema>

const maxBytes = 256 * 1024 * 1024

/**
 * Reads a document that was stored.
 *
 * @throws {HardenError} `PLAN_INVALID` when it is none of version 1.
 * @throws {HardenError} `LIMIT_EXCEEDED` above 256 MiB.
 */
export function parseHardenDocument(text: string): HardenDocument {
  return parseDocument(text, hardenDocumentSchema, 'report of a hardening')
}

/** Reads JSON of a schema from outside. */
export function parseDocument<T>(text: string, schema: z.ZodType<T>, what: string): T {
  if (text.length > maxBytes)
    throw new HardenError('LIMIT_EXCEEDED', `the ${what} has more than ${maxBytes} bytes`)
  let value: unknown
  try {
    if (isJsonDeeperThan(text, 32)) throw new Error('nested too deeply')
    value = JSON.parse(text)
  } catch (cause) {
    throw new HardenError('PLAN_INVALID', `the ${what} is no JSON`, { cause })
  }
  const found = schema.safeParse(value)
  if (found.success) return found.data
  const [issue] = found.error.issues
  throw new HardenError('PLAN_INVALID', `the ${what}: ${issue?.path.join('.')}: ${issue?.message}`)
}
