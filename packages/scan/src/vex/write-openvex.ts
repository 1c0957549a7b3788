import { createHash } from 'node:crypto'
import { type Digest, digestHex, digestAlgorithm } from '@sallyport/core'
import type { VexJustification, VexStatus } from './vex-document.ts'

/** A statement to write. */
export interface NewVexStatement {
  /** Primary id, e.g. `CVE-2024-1`. */
  readonly vulnerability: string
  /** Other ids of the same vulnerability. */
  readonly aliases?: readonly string[] | undefined
  /** What it says. */
  readonly status: VexStatus
  /** Needed with `not_affected`. */
  readonly justification?: VexJustification | undefined
  /** What it means in words. With `affected`, what to do about it, which is needed there. */
  readonly statement?: string | undefined
  /** purls of the packages that it is limited to; none: the whole image. */
  readonly packages?: readonly string[] | undefined
}

/** Options of {@link writeOpenVex}. */
export interface WriteOpenVexOptions {
  /** Digest of the image manifest that the statements are about. */
  readonly subject: Digest
  /** `registry/repository` of the image, for a purl of it beside the digest. */
  readonly repository?: string | undefined
  /** Who says so: a person, a team, a gate. */
  readonly author: string
  /** Time of the document. */
  readonly timestamp: Date
  /** The statements; equal ones give equal documents, whatever their order. */
  readonly statements: readonly NewVexStatement[]
}

/** An OpenVEX 0.2.0 document, as JSON holds it. */
export interface OpenVexDocument {
  /** The version of OpenVEX. */
  readonly '@context': 'https://openvex.dev/ns/v0.2.0'
  /** Made of the content. */
  readonly '@id': string
  /** Who says so. */
  readonly author: string
  /** ISO 8601. */
  readonly timestamp: string
  /** Of this document; a changed one is another document with another id. */
  readonly version: 1
  /** The statements in OpenVEX's form. */
  readonly statements: readonly Readonly<Record<string, unknown>>[]
}

/**
 * Writes an OpenVEX 0.2.0 document about one image. The same statements give the same document, whatever their order;
 * its id is made of their content.
 *
 * @throws {TypeError} for `not_affected` without a justification, or `affected` without a statement.
 */
export function writeOpenVex({
  subject,
  repository,
  author,
  timestamp,
  statements,
}: WriteOpenVexOptions): OpenVexDocument {
  const product = {
    '@id': imagePurl(subject, repository),
    hashes: { [digestAlgorithm(subject) === 'sha256' ? 'sha-256' : 'sha-512']: digestHex(subject) },
  }
  const written = statements
    .map((statement) => ({ statement, key: JSON.stringify(toStatement(statement, product)) }))
    .sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0))
    .map(({ statement }) => toStatement(statement, product))
  const body = { author, timestamp: timestamp.toISOString(), version: 1 as const, statements: written }
  const id = createHash('sha256').update(JSON.stringify(body)).digest('hex')
  return {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': `https://openvex.dev/docs/public/vex-${id}`,
    ...body,
  }
}

/** purl of an image (purl specification, type `oci`). */
function imagePurl(subject: Digest, repository: string | undefined): string {
  const name = repository?.slice(repository.lastIndexOf('/') + 1) ?? 'image'
  const where = repository === undefined ? '' : `?repository_url=${encodeURIComponent(repository)}`
  return `pkg:oci/${encodeURIComponent(name.toLowerCase())}@${encodeURIComponent(subject)}${where}`
}

function toStatement(
  { vulnerability, aliases = [], status, justification, statement, packages = [] }: NewVexStatement,
  product: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (status === 'not_affected' && justification === undefined) {
    throw new TypeError(`${vulnerability}: not_affected needs a justification`)
  }
  if (status === 'affected' && statement === undefined) {
    throw new TypeError(`${vulnerability}: affected needs a statement of what to do`)
  }
  return {
    vulnerability: { name: vulnerability, ...(aliases.length > 0 && { aliases: [...aliases].sort() }) },
    products: [
      packages.length === 0
        ? product
        : { ...product, subcomponents: [...packages].sort().map((purl) => ({ '@id': purl })) },
    ],
    status,
    ...(justification !== undefined && { justification }),
    ...(statement !== undefined && {
      [status === 'affected' ? 'action_statement' : 'impact_statement']: statement,
    }),
  }
}
