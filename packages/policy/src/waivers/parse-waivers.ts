import { digestOf } from '@sallyport/core'
import { invalidDocument, readDocument } from '../document/read-document.ts'
import { parseInstant } from './parse-instant.ts'
import type { Waiver, WaiverFile } from './waiver.ts'
import { type WaiverInput, waiverFileSchema } from './waiver.schema.ts'

/** Options of {@link parseWaivers}. */
export interface ParseWaiversOptions {
  /** File name or URI of the document, for messages and for the decision. */
  readonly source: string
}

/**
 * Reads a file of waivers (YAML 1.2, or JSON): `version: 1` and `waivers`. Unknown fields, duplicate keys and ids,
 * scopes that say nothing, and dates that don't exist are refused: a waiver that can't be read exactly must not apply,
 * least of all for ever.
 *
 * @throws {PolicyError} `POLICY_INVALID` with line and column of each issue.
 * @throws {PolicyError} `LIMIT_EXCEEDED` above 1 MiB.
 */
export function parseWaivers(text: string, { source }: ParseWaiversOptions): WaiverFile {
  const { data, issueAt } = readDocument(text, { source, schema: waiverFileSchema })
  const seen = new Set<string>()
  const issues = data.waivers.flatMap(({ id }, index) => {
    if (seen.has(id)) return [issueAt(['waivers', index, 'id'], `a second waiver with id "${id}"`)]
    seen.add(id)
    return []
  })
  if (issues.length > 0) throw invalidDocument(source, issues)
  return { source, digest: digestOf(text), waivers: data.waivers.map(toWaiver) }
}

function toWaiver({ expires, granted, scope, ...rest }: WaiverInput): Waiver {
  return {
    ...rest,
    scope,
    expires: toIso(expires, 'end'),
    expiresText: expires,
    ...(granted && { granted: { ...granted, at: toIso(granted.at, 'start') } }),
  }
}

function toIso(text: string, bareDate: 'start' | 'end'): string {
  return new Date(parseInstant(text, bareDate) ?? Number.NaN).toISOString()
}
