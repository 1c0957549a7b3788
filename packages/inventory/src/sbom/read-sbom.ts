import * as z from 'zod'
import { InventoryError } from '../errors.ts'
import { maxSbomBytes, maxSbomPackages } from '../internal/limits.ts'
import { parseJson } from '../internal/parse-json.ts'
import { readCycloneDx } from './read-cyclonedx.ts'
import { readSpdx2 } from './read-spdx-2.ts'
import { readSpdx3 } from './read-spdx-3.ts'
import type { Sbom } from './sbom.ts'

/** Options of {@link readSbom}. */
export interface ReadSbomOptions {
  /** Largest document, in bytes. Default 256 MiB. */
  readonly maxBytes?: number | undefined
  /** Most packages. Default 500,000. */
  readonly maxPackages?: number | undefined
}

const statementSchema = z.object({
  _type: z.string().startsWith('https://in-toto.io/Statement/'),
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()).optional() })).optional(),
  predicate: z.unknown(),
})

/**
 * Reads an SBOM of any maker: CycloneDX 1.2 to 1.7 and SPDX 2.2 and 2.3 as JSON, SPDX 3.0 as JSON-LD; or an in-toto
 * statement around one, as BuildKit writes. A signed envelope is not opened: whoever trusts it verifies it first.
 *
 * @throws {InventoryError} `SBOM_INVALID` when it is no JSON or breaks the rules of its own form, as far as they are
 *   about what is read.
 * @throws {InventoryError} `SBOM_UNSUPPORTED` when it is of another form or version.
 * @throws {InventoryError} `LIMIT_EXCEEDED` above one of the limits.
 */
export function readSbom(
  bytes: Uint8Array,
  { maxBytes = maxSbomBytes, maxPackages = maxSbomPackages }: ReadSbomOptions = {},
): Sbom {
  if (bytes.byteLength > maxBytes) {
    throw new InventoryError('LIMIT_EXCEEDED', `SBOM of ${bytes.byteLength} bytes; ${maxBytes} are allowed`)
  }
  return readSbomDocument(parse(decode(bytes)), { maxPackages })
}

/**
 * Reads an SBOM that was parsed already, such as the predicate of a verified statement.
 *
 * @throws {InventoryError} as {@link readSbom}.
 */
export function readSbomDocument(
  document: unknown,
  { maxPackages = maxSbomPackages }: Pick<ReadSbomOptions, 'maxPackages'> = {},
): Sbom {
  const statement = statementSchema.safeParse(document)
  if (!statement.success) return readDocument(unwrap(document), maxPackages)
  const sbom = readDocument(unwrap(statement.data.predicate), maxPackages)
  const digest = statement.data.subject?.find(({ digest }) => digest?.['sha256'])?.digest?.['sha256']
  // The statement, not the document, binds an SBOM to an image; BuildKit's documents name none.
  return digest === undefined ? sbom : { ...sbom, subject: nameSubject(sbom, `sha256:${digest}`) }
}

function nameSubject({ subject }: Sbom, digest: string): Sbom['subject'] {
  if (subject?.digest !== undefined && subject.digest !== digest) {
    throw new InventoryError('SBOM_INVALID', 'the statement and the SBOM in it are about different images')
  }
  return { name: digest, ...subject, digest }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new InventoryError('SBOM_INVALID', 'SBOM: not UTF-8')
  }
}

function parse(text: string): unknown {
  const beginning = text.slice(0, 1000).trimStart()
  if (beginning.startsWith('<')) {
    throw new InventoryError('SBOM_UNSUPPORTED', 'SBOM in XML; give the JSON form of it')
  }
  if (/^(?:#.*\s+)*SPDXVersion:/.test(beginning)) {
    throw new InventoryError('SBOM_UNSUPPORTED', 'SBOM in SPDX tag-value form; give the JSON form of it')
  }
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new InventoryError('SBOM_INVALID', `SBOM: ${error.message}`)
  }
}

/** Cosign once wrote the document as a text, or in a field `Data`. */
function unwrap(predicate: unknown): unknown {
  const inner =
    typeof predicate === 'object' && predicate !== null && 'Data' in predicate ? predicate.Data : predicate
  return typeof inner === 'string' ? parse(inner) : inner
}

function readDocument(document: unknown, maxPackages: number): Sbom {
  if (typeof document === 'object' && document !== null && !Array.isArray(document)) {
    if ('bomFormat' in document || isCycloneDxSchema(document)) return readCycloneDx(document, maxPackages)
    if ('spdxVersion' in document) return readSpdx2(document, maxPackages)
    if ('@context' in document && '@graph' in document) return readSpdx3(document, maxPackages)
    if ('payloadType' in document || 'dsseEnvelope' in document) {
      throw new InventoryError(
        'SBOM_UNSUPPORTED',
        'SBOM in a signed envelope; verify the envelope and give the statement in it',
      )
    }
  }
  throw new InventoryError(
    'SBOM_UNSUPPORTED',
    'neither CycloneDX nor SPDX in JSON nor a statement around one of them',
  )
}

const isCycloneDxSchema = (document: object) =>
  '$schema' in document && typeof document.$schema === 'string' && /cyclonedx\.org/.test(document.$schema)
