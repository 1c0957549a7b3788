import { digestOf } from '@sallyport/core'
import { invalidDocument } from '../document/open-yaml.ts'
import { findDataFault } from '../document/plain-data.ts'
import { formatWaivers } from './format-waivers.ts'
import { type ParseWaiversOptions, readWaivers } from './parse-waivers.ts'
import type { WaiverFile } from './waiver.ts'
import type { WaiverInput } from './waiver.schema.ts'

/**
 * Makes a file of waivers of objects, as strictly as `parseWaivers` reads one. Its digest is that of the text that
 * `formatWaivers` writes of it.
 *
 * @throws {PolicyError} `POLICY_INVALID` with the path of each issue; line and column are 0.
 */
export function defineWaivers(waivers: readonly WaiverInput[], { source }: ParseWaiversOptions): WaiverFile {
  const nowhere = { line: 0, column: 0 }
  const fault = findDataFault(waivers)
  if (fault)
    throw invalidDocument(source, [{ ...nowhere, path: fault.path.join('.'), message: fault.message }])
  const data: unknown = JSON.parse(JSON.stringify({ version: 1, waivers }))
  const file = { source, waivers: readWaivers({ source, data, positionOf: () => nowhere }) }
  return { ...file, digest: digestOf(formatWaivers(file)) }
}
