import { type Digest, isDigest, isIndexMediaType, isManifestMediaType } from '@sallyport/core'
import { RegistryFault } from '../registry-fault.ts'

/** What a registry needs to know of a manifest. */
export interface ParsedManifest {
  readonly mediaType: string
  readonly blobs: readonly ManifestEntry[]
  readonly children: readonly ManifestEntry[]
  readonly subject?: Digest | undefined
  readonly artifactType?: string | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** A descriptor inside a manifest. */
export interface ManifestEntry {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  /** Content that is kept elsewhere and need not be in the registry. */
  readonly external: boolean
}

type Json = Readonly<Record<string, unknown>>

/** Reads a manifest or index of OCI or Docker schema 2, and refuses everything else. */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): ParsedManifest {
  const value = parseObject(bytes)
  const declared = contentType?.split(';')[0]?.trim()
  const mediaType = typeof value.mediaType === 'string' ? value.mediaType : declared
  if (mediaType === undefined) throw invalid('no media type')
  if (declared !== undefined && declared !== mediaType) {
    throw invalid(`Content-Type is ${declared}, mediaType is ${mediaType}`)
  }
  const isIndex = isIndexMediaType(mediaType)
  if (!isIndex && !isManifestMediaType(mediaType)) throw invalid(`media type ${mediaType} is not supported`)
  if (value.schemaVersion !== 2) throw invalid('schemaVersion is not 2')

  const config = isIndex ? undefined : asObject(value.config, 'config')
  const artifactType = value.artifactType ?? config?.mediaType
  return {
    mediaType,
    blobs: config ? [toEntry(config, 'config'), ...toEntries(value.layers, 'layers')] : [],
    children: isIndex ? toEntries(value.manifests, 'manifests') : [],
    subject: value.subject === undefined ? undefined : toEntry(value.subject, 'subject').digest,
    artifactType: typeof artifactType === 'string' ? artifactType : undefined,
    annotations: toAnnotations(value.annotations),
  }
}

function parseObject(bytes: Uint8Array): Json {
  try {
    return asObject(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), 'manifest')
  } catch (error) {
    if (error instanceof RegistryFault) throw error
    throw invalid('not JSON')
  }
}

function asObject(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${name} is no object`)
  return value as Json
}

function toEntries(value: unknown, name: string): ManifestEntry[] {
  if (!Array.isArray(value)) throw invalid(`${name} is no list`)
  return value.map((entry, index) => toEntry(entry, `${name}[${index}]`))
}

function toEntry(value: unknown, name: string): ManifestEntry {
  const { digest, size, urls, mediaType } = asObject(value, name)
  if (!isDigest(digest)) throw invalid(`${name}.digest is no digest`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw invalid(`${name}.size is no size`)
  if (typeof mediaType !== 'string') throw invalid(`${name}.mediaType is missing`)
  const external = (Array.isArray(urls) && urls.length > 0) || /foreign|nondistributable/.test(mediaType)
  return { mediaType, digest, size, external }
}

function toAnnotations(value: unknown): Record<string, string> | undefined {
  if (value === undefined || value === null) return undefined
  const entries = Object.entries(asObject(value, 'annotations'))
  for (const [key, text] of entries)
    if (typeof text !== 'string') throw invalid(`annotation ${key} is no string`)
  return Object.fromEntries(entries) as Record<string, string>
}

function invalid(message: string): RegistryFault {
  return new RegistryFault(400, 'MANIFEST_INVALID', message)
}
