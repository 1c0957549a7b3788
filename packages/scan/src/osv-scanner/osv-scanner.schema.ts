import { z } from 'zod'
import { osvRecordSchema } from '../advisories/osv.schema.ts'

const text = z.string().max(65_536)

const scannedPackage = z.object({
  package: z.object({
    name: text,
    os_package_name: text.optional(),
    version: text,
    ecosystem: text,
    image_origin_details: z.object({ index: z.number().int() }).optional(),
  }),
  groups: z.array(z.object({ ids: z.array(text).min(1), aliases: z.array(text).nullish() })).nullish(),
  vulnerabilities: z.array(osvRecordSchema).nullish(),
})

/** The JSON report of `osv-scanner scan image` of version 2, as far as it is read here. */
export const osvScannerReportSchema = z.object({
  results: z.array(z.object({ source: z.object({ path: text }), packages: z.array(scannedPackage) })),
  image_metadata: z.object({
    os: text.optional(),
    layer_metadata: z.array(z.object({ diff_id: text, is_empty: z.boolean() })),
  }),
})

/** A report as OSV-Scanner writes it. */
export type OsvScannerReport = z.infer<typeof osvScannerReportSchema>

/** One package in a report, with all that was found of it. */
export type ScannedPackage = OsvScannerReport['results'][number]['packages'][number]
