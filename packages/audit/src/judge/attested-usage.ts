import { isJsonDeeperThan } from '@sallyport/core'
import { hardeningBuildType } from '@sallyport/gate/statements'
import * as z from 'zod'

/** What the provenance of a hardening tells of how packages are used. */
export interface AttestedUsage {
  /** How complete the recordings behind it were. */
  readonly coverage: 'none' | 'partial' | 'complete'
  /** purls of packages that nothing uses. */
  readonly unused: readonly string[]
}

const maxReportLength = 16 * 1024 * 1024

const provenanceSchema = z.object({
  buildDefinition: z.object({ buildType: z.literal(hardeningBuildType) }),
  runDetails: z.object({
    byproducts: z.array(z.object({ name: z.string().optional(), content: z.string().optional() })).max(100),
  }),
})

const reportSchema = z.object({
  coverage: z.enum(['none', 'partial', 'complete']),
  unusedButKept: z.array(z.object({ purl: z.string() })),
})

/** Reads the report in the provenance of a hardening; `undefined` when it is of another build, or can't be read. */
export function readAttestedUsage(predicate: unknown): AttestedUsage | undefined {
  const provenance = provenanceSchema.safeParse(predicate)
  if (!provenance.success) return undefined
  const { byproducts } = provenance.data.runDetails
  const content = byproducts.find(({ name }) => name === 'hardening-report')?.content
  if (content === undefined || content.length > maxReportLength) return undefined
  const report = reportSchema.safeParse(parseJson(Buffer.from(content, 'base64').toString()))
  if (!report.success) return undefined
  const { coverage, unusedButKept } = report.data
  return { coverage, unused: unusedButKept.map(({ purl }) => purl) }
}

function parseJson(text: string): unknown {
  if (isJsonDeeperThan(text, 100)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
