import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifiedContent } from '../blob/verified-content.ts'
import { OciError } from '../errors.ts'
import { against } from '../testing/against-script.ts'
import { sampleBlob, streamOf } from '../testing/sample-image.ts'
import { uploadScript } from '../testing/upload-script.ts'

const size = 100_000
const { blob, bytes } = sampleBlob(randomBytes(size))

describe('an upload that is cut', () => {
  it('stores the right bytes once or ends with a typed error, whatever is cut and however the registry counts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(fc.nat({ max: size }), { nil: undefined }), { maxLength: 8 }),
        fc.record({
          mode: fc.constantFrom('whole' as const, 'chunked' as const, 'automatic' as const),
          chunkBytes: fc.constantFrom(20_000, 33_333, 200_000),
          lastChunk: fc.constantFrom('patch' as const, 'put' as const),
        }),
        fc.record({
          ignoresContentRange: fc.boolean(),
          rangeSticks: fc.boolean(),
          keepsLocation: fc.boolean(),
          stateStatus: fc.constantFrom(undefined, 404),
        }),
        fc.boolean(),
        async (cuts, uploads, quirks, restartable) => {
          let turn = 0
          const registry = uploadScript({ ...quirks, cut: () => cuts[turn++] })
          await using here = await against(registry.script)
          const pieces = () => streamOf(bytes.subarray(0, 60_001), bytes.subarray(60_001))
          const content = restartable ? verifiedContent(blob, pieces) : pieces()
          const outcome: unknown = await here.repository
            .putBlob(blob, content, { uploads })
            .catch((error: unknown) => error)
          if (outcome !== 'uploaded') expect(outcome).toBeInstanceOf(OciError)
          else expect(registry.stored).toEqual([Buffer.from(bytes)])
          const failures = cuts.filter((cut) => cut !== undefined).length
          if (restartable && failures < 3) expect(outcome).toBe('uploaded')
          if (failures === 0) expect(outcome).toBe('uploaded')
          expect(here.seen.length).toBeLessThan(100)
        },
      ),
      { numRuns: 80 },
    )
  }, 60_000)
})
