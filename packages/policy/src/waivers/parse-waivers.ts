import { digestOf } from '@sallyport/core'
import { decodeText } from '../document/decode-text.ts'
import { invalidDocument, issueIn, type OpenDocument, openYaml } from '../document/open-yaml.ts'
import { checkForm } from '../document/read-document.ts'
import { parseInstant } from '../parse-instant.ts'
import type { Waiver, WaiverFile } from './waiver.ts'
import { type WaiverInput, waiverFileSchema } from './waiver.schema.ts'

/** Options of {@link parseWaivers}. */
export interface ParseWaiversOptions {
  /** File name or URI of the document, for messages and for the decision. */
  readonly source: string
}

/**
 * Reads a file of waivers (YAML 1.2, or JSON), as text or as its UTF-8 bytes: `version: 1` and `waivers`. Unknown fields,
 * duplicate keys and ids, scopes that say nothing, and dates that don't exist are refused: a waiver that can't be read
 * exactly must not apply, least of all for ever.
 *
 * @throws {PolicyError} `POLICY_INVALID` with line and column of each issue.
 * @throws {PolicyError} `LIMIT_EXCEEDED` above 1 MiB, or when it is nested or cut up beyond all reason.
 */
export function parseWaivers(document: string | Uint8Array, { source }: ParseWaiversOptions): WaiverFile {
  const waivers = readWaivers(openYaml(decodeText(document, source), source))
  return { source, digest: digestOf(document), waivers }
}

/** The waivers of an open document. */
export function readWaivers(document: OpenDocument): readonly Waiver[] {
  const { waivers } = checkForm(document, waiverFileSchema)
  const seen = new Set<string>()
  const issues = waivers.flatMap(({ id }, index) => {
    if (seen.has(id)) return [issueIn(document, ['waivers', index, 'id'], `a second waiver with id "${id}"`)]
    seen.add(id)
    return []
  })
  if (issues.length > 0) throw invalidDocument(document.source, issues)
  return waivers.map(toWaiver)
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
