import { digestOf } from '@sallyport/core'
import { formatWaivers } from './format-waivers.ts'
import { parseWaivers, type ParseWaiversOptions } from './parse-waivers.ts'
import type { WaiverFile } from './waiver.ts'
import type { WaiverInput } from './waiver.schema.ts'

/**
 * Makes a file of waivers of objects, as strictly as `parseWaivers` reads one. Its digest is that of the text that
 * `formatWaivers` writes of it.
 *
 * @throws {PolicyError} `POLICY_INVALID`, the path of each issue told; `LIMIT_EXCEEDED` above 1 MiB.
 */
export function defineWaivers(waivers: readonly WaiverInput[], options: ParseWaiversOptions): WaiverFile {
  // Checked before it is written, so that a misspelt field is refused and not left out.
  const file = parseWaivers(JSON.stringify({ version: 1, waivers }), options)
  return { ...file, digest: digestOf(formatWaivers(file)) }
}
