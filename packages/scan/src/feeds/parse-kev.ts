import { z } from 'zod'
import { ScanError } from '../errors.ts'
import type { KevEntry } from '../finding.ts'

/** CISA's catalogue of known exploited vulnerabilities. */
export interface KevCatalogue {
  /** When it was released, ISO 8601. */
  readonly updatedAt: string
  /** E.g. `2025.08.25`. */
  readonly version: string
  /** Entries by CVE. */
  readonly entries: ReadonlyMap<string, KevEntry>
}

/** Options of {@link parseKev}. */
export interface ParseKevOptions {
  /** Name of the file or address that the text came from; part of every message. */
  readonly source: string
  /** Largest text in bytes. Default 64 MiB. */
  readonly maxBytes?: number | undefined
}

const catalogueSchema = z.object({
  catalogVersion: z.string().min(1).max(64),
  dateReleased: z.iso.datetime({ offset: true }),
  count: z.int().min(1).max(1_000_000),
  vulnerabilities: z.array(
    z.object({
      cveID: z.string().regex(/^CVE-[0-9]{4}-[0-9]{4,19}$/),
      dateAdded: z.iso.date(),
      dueDate: z.iso.date().optional(),
      knownRansomwareCampaignUse: z.string().max(256).optional(),
    }),
  ),
})

/**
 * Reads the JSON form of the catalogue, as far as findings carry it. A catalogue without entries, or with fewer than
 * it counts, is refused: nothing would tell it from one that was cut.
 *
 * @throws {ScanError} `FEED_INVALID` naming source and field.
 * @throws {ScanError} `LIMIT_EXCEEDED` above `maxBytes`.
 */
export function parseKev(
  text: string | Uint8Array,
  { source, maxBytes = 64 * 1024 * 1024 }: ParseKevOptions,
): KevCatalogue {
  const bytes = typeof text === 'string' ? Buffer.byteLength(text) : text.byteLength
  if (bytes > maxBytes) {
    throw new ScanError('LIMIT_EXCEEDED', `${source}: ${bytes} bytes, at most ${maxBytes} allowed`)
  }
  let value: unknown
  try {
    value = JSON.parse(
      typeof text === 'string' ? text : new TextDecoder('utf-8', { fatal: true }).decode(text),
    )
  } catch (cause) {
    throw new ScanError('FEED_INVALID', `${source}: not JSON`, { cause })
  }
  const result = catalogueSchema.safeParse(value)
  if (!result.success) {
    const problem = z.prettifyError(result.error).split('\n').slice(0, 4).join(' ').slice(0, 400)
    throw new ScanError('FEED_INVALID', `${source}: no KEV catalogue: ${problem}`, { cause: result.error })
  }
  const { catalogVersion, dateReleased, count, vulnerabilities } = result.data
  const entries = new Map<string, KevEntry>()
  for (const { cveID, dateAdded, dueDate, knownRansomwareCampaignUse: use } of vulnerabilities) {
    if (entries.has(cveID)) throw new ScanError('FEED_INVALID', `${source}: ${cveID} stands there twice`)
    // other words than these two say nothing
    const ransomware = use === 'Known' ? true : use === 'Unknown' ? false : undefined
    entries.set(cveID, {
      dateAdded,
      ...(dueDate === undefined ? {} : { dueDate }),
      ...(ransomware === undefined ? {} : { ransomware }),
    })
  }
  if (entries.size !== count) {
    throw new ScanError('FEED_INVALID', `${source}: ${entries.size} entries, but it counts ${count}`)
  }
  return { updatedAt: dateReleased, version: catalogVersion, entries }
}
