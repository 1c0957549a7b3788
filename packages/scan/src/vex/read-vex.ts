import * as z from 'zod'
import { ScanError } from '../errors.ts'
import { parseDocument } from '../internal/parse-document.ts'
import { csafSchema } from './csaf.schema.ts'
import { cycloneDxVexSchema } from './cyclonedx-vex.schema.ts'
import { openVexSchema } from './openvex.schema.ts'
import { readCsaf } from './read-csaf.ts'
import { readCycloneDxVex } from './read-cyclonedx-vex.ts'
import { readOpenVex } from './read-openvex.ts'
import type { VexDocument } from './vex-document.ts'

/** Options of {@link readVex}. */
export interface ReadVexOptions {
  /** Name of the file or attestation, part of every message and of what is suppressed by it. */
  readonly source: string
  /** Largest document in bytes. Default 64 MiB. */
  readonly maxBytes?: number | undefined
}

/**
 * Reads a VEX document: OpenVEX 0.0.1 to 0.2.0, CSAF 2.0 and 2.1, CycloneDX 1.4 to 1.7, or an in-toto statement around
 * one of them; as text, bytes, or a value that was parsed already, such as the predicate of an attestation.
 *
 * What it says counts only when its author is known: see `applyVex`.
 *
 * @throws {ScanError} `VEX_INVALID` when it is none of these, or not as its form demands; `LIMIT_EXCEEDED`.
 */
export function readVex(
  input: string | Uint8Array | object,
  { source, maxBytes = 64 * 1024 * 1024 }: ReadVexOptions,
): VexDocument {
  const value = parseDocument(input, { source, code: 'VEX_INVALID', maxBytes })
  if (!isObject(value)) throw new ScanError('VEX_INVALID', `${source}: not a JSON object`)
  const document = isObject(value['predicate']) && 'predicateType' in value ? value['predicate'] : value
  if (document['bomFormat'] === 'CycloneDX') {
    return readCycloneDxVex(check(cycloneDxVexSchema, document, source))
  }
  if (isObject(document['document'])) return readCsaf(check(csafSchema, document, source))
  if ('statements' in document) return readOpenVex(check(openVexSchema, document, source))
  throw new ScanError('VEX_INVALID', `${source}: neither OpenVEX, nor CSAF, nor CycloneDX`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function check<T>(schema: z.ZodType<T>, value: unknown, source: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problem = z.prettifyError(result.error).split('\n').slice(0, 4).join(' ').slice(0, 400)
  throw new ScanError('VEX_INVALID', `${source}: ${problem}`)
}
