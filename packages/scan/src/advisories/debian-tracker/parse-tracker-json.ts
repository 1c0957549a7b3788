import { z } from 'zod'
import { ScanError } from '../../errors.ts'
import { withExtension, type AdvisoryExtension } from '../advisory-extension.ts'
import type { OsvAffected, OsvRecord } from '../osv.schema.ts'
import type { TextSource } from '../read-lines.ts'
import { debianEcosystem } from './debian-releases.ts'
import type { ParseTrackerOptions } from './parse-tracker-lists.ts'
import { readMembers } from './read-members.ts'

const text = z.string().max(64 * 1024)

const release = z.object({
  status: z.enum(['open', 'resolved', 'undetermined']),
  fixed_version: text.optional(),
  urgency: text.optional(),
  nodsa: text.optional(),
  nodsa_reason: text.optional(),
  repositories: z.record(z.string(), text).optional(),
})

const source = z.record(z.string(), z.object({ releases: z.record(z.string(), release) }))

/** Options of {@link parseTrackerJson}. */
export interface ParseTrackerJsonOptions extends ParseTrackerOptions {
  /** ISO 8601 time of the data, written into each record. */
  readonly modified?: string | undefined
}

/**
 * Reads the tracker's JSON export (`https://security-tracker.debian.org/tracker/data/json`), one source package at a
 * time, into one record a vulnerability. The export says for each release whether it is open there and since which
 * version not; releases without a number (`sid`) are left out.
 *
 * @throws {ScanError} `ADVISORIES_INVALID` naming source and package, `LIMIT_EXCEEDED` past `maxBytes`.
 */
export async function parseTrackerJson(
  input: TextSource,
  { source: file, maxBytes = 512 * 1024 * 1024, modified }: ParseTrackerJsonOptions,
): Promise<readonly OsvRecord[]> {
  const byId = new Map<string, OsvAffected[]>()
  for await (const { key: name, value } of readMembers(input, file, maxBytes)) {
    const result = source.safeParse(value)
    if (!result.success) {
      const problem = z.prettifyError(result.error).split('\n').slice(0, 3).join(' ').slice(0, 300)
      throw new ScanError('ADVISORIES_INVALID', `${file}, package ${name.slice(0, 80)}: ${problem}`)
    }
    for (const [id, { releases }] of Object.entries(result.data)) {
      const list = byId.get(id) ?? []
      byId.set(id, list)
      for (const [codename, entry] of Object.entries(releases)) {
        const ecosystem = debianEcosystem(codename)
        if (ecosystem !== undefined) list.push(toAffected(ecosystem, name, entry))
      }
    }
  }
  return [...byId].map(([id, affected]) => ({
    id: id.startsWith('CVE-') ? `DEBIAN-${id}` : id,
    ...(id.startsWith('CVE-') ? { upstream: [id] } : {}),
    ...(modified === undefined ? {} : { modified }),
    affected,
  }))
}

function toAffected(ecosystem: string, name: string, entry: z.infer<typeof release>): OsvAffected {
  const extension = extensionFor(entry)
  const fixed = entry.status === 'resolved' ? entry.fixed_version : undefined
  const events = fixed === undefined ? [{ introduced: '0' }] : [{ introduced: '0' }, { fixed }]
  return {
    package: { ecosystem, name },
    ranges: extension.status === 'not-affected' ? [] : [{ type: 'ECOSYSTEM', events }],
    ecosystem_specific: {
      ...(entry.urgency === undefined ? {} : { urgency: entry.urgency }),
      ...withExtension({ ...extension, name: 'source' }),
    },
  }
}

function extensionFor({
  status,
  fixed_version: fixed,
  urgency,
  nodsa,
  nodsa_reason: reason,
}: z.infer<typeof release>): AdvisoryExtension {
  if (status === 'resolved') return fixed === '0' ? { status: 'not-affected' } : {}
  if (status === 'undetermined') return { status, fixState: 'unknown', reason: status }
  if (urgency === 'end-of-life') return { fixState: 'end-of-life', reason: urgency }
  if (reason === 'ignored') return { fixState: 'wont-fix', reason }
  if (reason === 'postponed') return { fixState: 'deferred', reason }
  return { fixState: 'not-fixed', reason: nodsa === undefined ? 'open' : 'no-dsa' }
}
