import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import {
  type Descriptor,
  type Digest,
  digestOf,
  isDigest,
  mediaTypes,
  type RawManifest,
  toDigest,
} from '@sallyport/core'
import { z } from 'zod'
import { ScanError } from '../errors.ts'
import { openAdvisoryDatabase } from './open-advisory-database.ts'

/** Types of a database in a registry. */
export const databaseTypes = {
  artifact: 'application/vnd.sallyport.advisories.v1',
  layer: 'application/vnd.sallyport.advisories.database.v1',
} as const

const created = 'org.opencontainers.image.created'
const title = 'org.opencontainers.image.title'
const emptyConfig = Buffer.from('{}')

/** A database as an artifact: an image manifest with the file as its one layer, as it is. */
export interface PackedAdvisoryDatabase {
  /** The manifest to push last. */
  readonly manifest: RawManifest
  /** The file as a blob. */
  readonly layer: Descriptor
  /** The empty configuration that the OCI image specification asks of an artifact. */
  readonly config: { readonly descriptor: Descriptor; readonly bytes: Uint8Array }
  /** Time of the build, ISO 8601. */
  readonly builtAt: string
}

/** Options of {@link packAdvisoryDatabase}. */
export interface PackAdvisoryDatabaseOptions {
  /** Ends the reading; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Describes a database as an OCI artifact, without any registry. The same file gives the same manifest.
 *
 * @throws {ScanError} `DATABASE_INVALID`, `DATA_UNAVAILABLE` or `ADVISORIES_EMPTY` when the file is no database with advisories.
 */
export async function packAdvisoryDatabase(
  path: string,
  { signal }: PackAdvisoryDatabaseOptions = {},
): Promise<PackedAdvisoryDatabase> {
  const database = await openAdvisoryDatabase(path, { signal })
  const { builtAt } = database
  database.close()
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Uint8Array)
  const { size } = await stat(path)
  const layer: Descriptor = {
    mediaType: databaseTypes.layer,
    digest: toDigest(hash),
    size,
    annotations: { [title]: 'advisories.db' },
  }
  const config: Descriptor = {
    mediaType: mediaTypes.ociEmpty,
    digest: digestOf(emptyConfig),
    size: emptyConfig.length,
  }
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: databaseTypes.artifact,
      config,
      layers: [layer],
      annotations: { [created]: builtAt },
    }),
  )
  const descriptor = { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.length }
  return {
    manifest: { descriptor, bytes },
    layer,
    config: { descriptor: config, bytes: emptyConfig },
    builtAt,
  }
}

const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  artifactType: z.literal(databaseTypes.artifact),
  layers: z.tuple([
    z.object({
      mediaType: z.literal(databaseTypes.layer),
      digest: z.custom<Digest>(isDigest),
      size: z.int().min(1),
    }),
  ]),
  annotations: z.object({ [created]: z.iso.datetime({ offset: true }) }),
})

/** What the manifest of a database says. */
export interface DatabaseManifest {
  readonly digest: Digest
  readonly layer: Descriptor
  readonly builtAt: string
}

/** @throws {ScanError} `DATABASE_INVALID` when it is the manifest of something else, or not of the digest that it has. */
export function parseDatabaseManifest({ descriptor, bytes }: RawManifest, where: string): DatabaseManifest {
  if (digestOf(bytes) !== descriptor.digest) {
    throw new ScanError('DATABASE_INVALID', `${where}: the manifest is not the one of ${descriptor.digest}`)
  }
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    value = undefined
  }
  const result = manifestSchema.safeParse(value)
  if (!result.success) {
    const problem = z.prettifyError(result.error).split('\n').slice(0, 2).join(' ').slice(0, 200)
    throw new ScanError('DATABASE_INVALID', `${where}: no database of advisories: ${problem}`)
  }
  const [layer] = result.data.layers
  return { digest: descriptor.digest, layer, builtAt: result.data.annotations[created] }
}
