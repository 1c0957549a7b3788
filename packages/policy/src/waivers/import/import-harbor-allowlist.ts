import * as z from 'zod'
import { readDocument } from '../../document/read-document.ts'
import type { WaiverFile } from '../waiver.ts'
import { importEntries, type ImportWaiversOptions } from './import-entries.ts'

const allowlist = z.looseObject({
  expires_at: z.int().min(0).max(253_000_000_000).nullish(),
  items: z.array(z.looseObject({ cve_id: z.string().max(200) })).max(10_000),
})

/**
 * Turns the CVE allowlist of a project or of the system, as Harbor's API gives it, into waivers. Its one date, an
 * exclusive instant, is that of each entry; a list without one never ends there.
 *
 * Harbor's list is for every image of the project: say with `scopes` which these are. Ids match through aliases here.
 *
 * @throws {PolicyError} `POLICY_INVALID` when it is no allowlist; `LIMIT_EXCEEDED` above 1 MiB.
 */
export function importHarborAllowlist(text: string, options: ImportWaiversOptions): WaiverFile {
  const { data } = readDocument(text, { source: options.source, schema: allowlist })
  const expires =
    typeof data.expires_at === 'number' ? new Date(data.expires_at * 1000).toISOString() : undefined
  const entries = data.items.map(({ cve_id: vulnerability }, index) => ({
    where: `${options.source}, items[${index}]`,
    vulnerability,
    expires,
  }))
  return importEntries(entries, [], options)
}
