import { z } from 'zod'
import { ScanError } from '../../errors.ts'
import { isTrackerKind, type TrackerNote } from './tracker-note.ts'

const text = z.string().max(4096)

const schema = z.object({
  Header: z.object({ ID: text.min(1) }),
  Annotations: z
    .array(
      z.object({
        Type: text,
        Package: text.optional(),
        Release: text.optional(),
        Kind: text.optional(),
        Version: text.optional(),
        Severity: text.optional(),
      }),
    )
    .max(100_000)
    .nullish(),
})

/**
 * Reads one vulnerability of the tracker in the JSON form of aquasecurity/vuln-list-debian (`tracker/CVE/*.json`).
 *
 * @throws {ScanError} `ADVISORIES_INVALID` naming `source` and what is wrong.
 */
export function parseTrackerCve(json: string, source: string): readonly TrackerNote[] {
  const result = schema.safeParse(parse(json, source))
  if (!result.success) {
    const problem = z.prettifyError(result.error).split('\n').slice(0, 3).join(' ').slice(0, 300)
    throw new ScanError('ADVISORIES_INVALID', `${source}: ${problem}`)
  }
  const id = /^\S+/.exec(result.data.Header.ID)?.[0] ?? ''
  return (result.data.Annotations ?? []).flatMap(
    ({ Type, Package, Release, Kind, Version, Severity }): readonly TrackerNote[] => {
      if (Type !== 'package' || Package === undefined || Kind === undefined || !isTrackerKind(Kind)) return []
      return [
        {
          id,
          package: Package,
          release: Release === 'sid' ? undefined : Release,
          kind: Kind,
          version: Version,
          urgency: Severity,
        },
      ]
    },
  )
}

function parse(json: string, source: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new ScanError('ADVISORIES_INVALID', `${source}: not JSON`, { cause })
  }
}
