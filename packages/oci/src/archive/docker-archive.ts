import { createHash } from 'node:crypto'
import {
  type Descriptor,
  type Digest,
  digestOf,
  isDigest,
  mediaTypes,
  type Platform,
  toDigest,
} from '@sallyport/core'
import * as z from 'zod'
import type { OciError } from '../errors.ts'
import {
  imageNameAnnotation,
  type LayoutEntry,
  type LayoutIndex,
  refNameAnnotation,
} from '../layout/layout-index.ts'
import { parseReference } from '../reference/parse-reference.ts'
import { invalidArchive, type TarFile, type TarIndex } from './index-tar.ts'
import { type Compression, decompress, detectCompression } from './plain-tar.ts'

/** An open tar in the form of `docker save`. */
export interface DockerArchiveSource {
  readonly place: string
  readonly names: TarIndex
  readDocument(name: string): Promise<Buffer | undefined>
  read(file: TarFile): AsyncIterable<Uint8Array>
  /** Most bytes that may come out of all compressed layers together. */
  readonly maxBytes: number
}

/** What an archive holds, found out once. */
export interface ArchiveContent {
  readonly index: LayoutIndex
  find(digest: Digest): TarFile | Uint8Array | undefined
}

const path = z.string().min(1).max(4096)
const manifestSchema = z
  .array(
    z.object({
      Config: path,
      RepoTags: z.array(z.string().max(1024)).max(1000).nullish(),
      Layers: z.array(path).max(4096).nullish(),
    }),
  )
  .min(1)
  .max(1000)

const configSchema = z.looseObject({
  os: z.string().max(255).optional(),
  architecture: z.string().max(255).optional(),
  variant: z.string().max(255).optional(),
  rootfs: z.object({ diff_ids: z.array(z.custom<Digest>(isDigest, 'expected a digest')).nullish() }),
})

const layerMediaTypes = {
  none: mediaTypes.ociLayer,
  gzip: mediaTypes.ociLayerGzip,
  zstd: mediaTypes.ociLayerZstd,
} as const

interface DockerLayer {
  readonly descriptor: Descriptor
  readonly diffId: Digest
  readonly unpackedBytes: number
}

/**
 * Reads `manifest.json` and the configs it names, and makes a manifest for each image.
 *
 * @throws {OciError} `ARCHIVE_INVALID` when something is missing, malformed, or does not fit together.
 */
export async function readDockerArchive(source: DockerArchiveSource): Promise<ArchiveContent> {
  const { place, names, readDocument } = source
  const fail = (reason: string, cause?: unknown): OciError => invalidArchive(place, reason, cause)
  const text = await readDocument('manifest.json')
  if (text === undefined) throw fail('it has neither an oci-layout file nor a manifest.json')
  const images = parse(text, manifestSchema, 'manifest.json', fail)

  const contents = new Map<Digest, TarFile | Uint8Array>()
  /** By where they lie: many names may lead to one layer, which is unpacked once. */
  const layers = new Map<number, DockerLayer>()
  let unpackedBytes = 0
  const entries: LayoutEntry[] = []
  for (const { Config, RepoTags, Layers } of images) {
    const configBytes = await readDocument(Config)
    const configFile = names.find(Config)
    if (configBytes === undefined || configFile === undefined)
      throw fail('a config that it names is not there')
    const image = parse(configBytes, configSchema, 'a config', fail)
    const config: Descriptor = {
      mediaType: mediaTypes.ociConfig,
      digest: digestOf(configBytes),
      size: configBytes.byteLength,
    }
    contents.set(config.digest, configFile)
    const diffIds = image.rootfs.diff_ids ?? []
    const paths = Layers ?? []
    if (paths.length !== diffIds.length)
      throw fail(`an image has ${paths.length} layers and ${diffIds.length} diff ids`)

    const descriptors: Descriptor[] = []
    for (const [at, diffId] of diffIds.entries()) {
      const file = names.find(paths[at] ?? '')
      if (file === undefined) throw fail('a layer that it names is not there')
      const layer = layers.get(file.offset) ?? (await inspectLayer(source, file, diffId, unpackedBytes))
      if (layer.diffId !== diffId) throw fail(`the layer of diff id ${diffId} unpacks to ${layer.diffId}`)
      if (!layers.has(file.offset)) unpackedBytes += layer.unpackedBytes
      layers.set(file.offset, layer)
      contents.set(layer.descriptor.digest, file)
      descriptors.push(layer.descriptor)
    }
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: descriptors }),
    )
    const manifest: Descriptor = {
      mediaType: mediaTypes.ociManifest,
      digest: digestOf(bytes),
      size: bytes.byteLength,
      ...platformOf(image),
    }
    contents.set(manifest.digest, bytes)
    entries.push(...listImage(manifest, RepoTags ?? [], fail))
  }
  return { index: { fields: { schemaVersion: 2 }, entries }, find: (digest) => contents.get(digest) }
}

/** One entry for each name; an image without a name is found by its digest. */
function listImage(
  manifest: Descriptor,
  repoTags: readonly string[],
  fail: (reason: string, cause?: unknown) => OciError,
): LayoutEntry[] {
  const named = repoTags.map((name) => {
    try {
      const { registry, repository, tag } = parseReference(name, { defaultRegistry: 'docker.io' })
      if (tag === undefined) throw fail('a name in RepoTags has no tag')
      const annotations = {
        [imageNameAnnotation]: `${registry}/${repository}:${tag}`,
        [refNameAnnotation]: tag,
      }
      return { ...manifest, annotations }
    } catch (cause) {
      throw fail('a name in RepoTags is none', cause)
    }
  })
  return (named.length === 0 ? [manifest] : named).map((descriptor) => ({
    descriptor,
    fields: { ...descriptor },
  }))
}

/** A plain layer is checked when it is read, by its diff id. A compressed one has a digest that nobody wrote down. */
async function inspectLayer(
  { place, read, maxBytes }: DockerArchiveSource,
  file: TarFile,
  diffId: Digest,
  before: number,
): Promise<DockerLayer> {
  const hash = createHash('sha256')
  let compression: Compression = 'none'
  for await (const chunk of read({ ...file, size: Math.min(4, file.size) }))
    compression = detectCompression(chunk)
  const describe = (digest: Digest): Descriptor => ({
    mediaType: layerMediaTypes[compression],
    digest,
    size: file.size,
  })
  if (compression === 'none') return { descriptor: describe(diffId), diffId, unpackedBytes: 0 }
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of read(file)) {
      hash.update(chunk)
      yield chunk
    }
  }
  const unpacked = createHash('sha256')
  let unpackedBytes = 0
  for await (const chunk of decompress(place, hashed(), compression, maxBytes - before)) {
    unpacked.update(chunk)
    unpackedBytes += chunk.byteLength
  }
  return { descriptor: describe(toDigest(hash)), diffId: toDigest(unpacked), unpackedBytes }
}

function platformOf({ os, architecture, variant }: z.output<typeof configSchema>): { platform?: Platform } {
  if (!os || !architecture) return {}
  return { platform: { os, architecture, ...(variant ? { variant } : {}) } }
}

function parse<T extends z.ZodType>(
  bytes: Buffer,
  schema: T,
  what: string,
  fail: (reason: string, cause?: unknown) => OciError,
): z.output<T> {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw fail(`${what} is not JSON`, cause)
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw fail(`${what}: ${issue?.path.join('.')}: ${issue?.message}`)
}
