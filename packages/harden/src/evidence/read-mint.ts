import { isJsonDeeperThan } from '@sallyport/core'
import { z } from 'zod'
import { HardenError } from '../errors.ts'
import type { EvidenceSource, ReadEvidenceOptions } from './evidence-source.ts'
import { readDocument } from './read-lines.ts'
import { createRecordCollector } from './record-collector.ts'
import type { UsageEvidence } from './usage-evidence.ts'

const reportSchema = z.object({
  image: z.object({
    files: z.array(
      z.object({
        file_path: z.string(),
        file_type: z.string().optional(),
        flags: z.record(z.string(), z.boolean()).nullish(),
      }),
    ),
  }),
})

/**
 * Reads `creport.json` of mint (once docker-slim): the files that its sensor saw. It does not name the image: give its
 * digest in `images`.
 *
 * @throws {HardenError} `EVIDENCE_INVALID` when it is no such report.
 * @throws {HardenError} `LIMIT_EXCEEDED`.
 */
export async function readMint(
  recording: EvidenceSource,
  options: ReadEvidenceOptions = {},
): Promise<UsageEvidence> {
  const { limits, signal } = options
  const text = await readDocument(recording, { source: 'mint', limits, signal })
  const collector = createRecordCollector('mint', options)
  for (const { file_path: path, file_type: type, flags } of parseReport(text).image.files) {
    if (!path.startsWith('/') || type === 'Dir') continue
    collector.add({ path, operation: flags?.['X'] === true ? 'exec' : 'open' })
  }
  return collector.finish(['exec', 'open'])
}

function parseReport(text: string): z.infer<typeof reportSchema> {
  try {
    if (isJsonDeeperThan(text, 64)) throw new Error('nested too deeply')
    return reportSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new HardenError('EVIDENCE_INVALID', 'mint: no report of a container (creport.json)', { cause })
  }
}
