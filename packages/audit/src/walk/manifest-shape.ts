import {
  type Descriptor,
  type Digest,
  type ImageManifest,
  isDigest,
  isIndexMediaType,
  mediaTypes,
  type Platform,
  type RawManifest,
} from '@sallyport/core'
import { parseIndex, parseManifest } from '@sallyport/oci'

/** A manifest that an index lists. */
export interface IndexMember {
  readonly digest: Digest
  readonly platform?: Platform | undefined
  /** Member that it says it is evidence about, as BuildKit's attestations do. */
  readonly attests?: Digest | undefined
}

/** What an audit needs of a manifest, by its content alone: equal for equal digests. */
export interface ManifestShape {
  /**
   * `image`: a runtime would run it; `other`: evidence or an artifact. A manifest that could be run is an image whatever
   * else it says of itself, for that is how it would slip through.
   */
  readonly kind: 'image' | 'index' | 'other'
  readonly mediaType: string
  readonly artifactType?: string | undefined
  /**
   * Digest of the configuration of an image. Something `other` that has one says that its layers are documents; Docker and
   * CRI-O unpack them all the same.
   */
  readonly config?: Digest | undefined
  /** Bytes of configuration and layers together. */
  readonly size?: number | undefined
  readonly members: readonly IndexMember[]
  /** What it is evidence about, as it says itself. */
  readonly subject?: Digest | undefined
}

/** Layers that are documents by their own word: what cosign and BuildKit put under a configuration of an image. */
const evidenceLayers = new Set([
  'application/vnd.dev.cosign.simplesigning.v1+json',
  'application/vnd.dsse.envelope.v1+json',
  'application/vnd.in-toto+json',
  'application/vnd.cyclonedx',
  'application/vnd.cyclonedx+json',
  'application/vnd.cyclonedx+xml',
  'application/vnd.syft+json',
  'application/spdx+json',
  'spdx+json',
  'spdx+xml',
  'text/spdx',
  'text/spdx+json',
  'text/spdx+xml',
])

/**
 * Reads the shape of a manifest.
 *
 * @throws {OciError} `MANIFEST_INVALID`, `MANIFEST_UNSUPPORTED`.
 */
export function readShape(raw: RawManifest): ManifestShape {
  const { mediaType } = raw.descriptor
  if (isIndexMediaType(mediaType)) {
    const index = parseIndex(raw)
    return {
      kind: 'index',
      mediaType,
      artifactType: index.artifactType,
      members: index.manifests.map(toMember),
      subject: index.subject?.digest,
    }
  }
  const manifest = parseManifest(raw)
  const { config, layers } = manifest
  const hasImageConfig = isImageConfig(mediaType, config.mediaType)
  const isImage = hasImageConfig && !areDocuments(layers)
  return {
    kind: isImage ? 'image' : 'other',
    mediaType,
    artifactType: manifest.artifactType ?? (isImage ? undefined : config.mediaType),
    config: hasImageConfig ? config.digest : undefined,
    size: sumOfSizes([config, ...layers]),
    members: [],
    subject: manifest.subject?.digest,
  }
}

/**
 * Whether each entry of an index that lists a digest says that it is evidence about another member. One that does not is
 * what a runtime takes, whatever others say.
 */
export function isOnlyAttested({ members }: Pick<ManifestShape, 'members'>, digest: Digest): boolean {
  return members.every(
    (entry) => entry.digest !== digest || members.some((member) => attests(entry, member.digest)),
  )
}

/** Whether an entry of an index says that it is evidence about another one. */
export function attests({ digest, attests: about }: IndexMember, other: Digest): boolean {
  return about === other && other !== digest
}

/** Docker's old clients wrote these types for the configuration of an image, and its present ones run what has them. */
const looseConfigs: ReadonlySet<string> = new Set([
  'application/octet-stream',
  'application/json',
  'text/html',
  '',
])

function isImageConfig(mediaType: string, config: string): boolean {
  return (
    config.startsWith('application/vnd.oci.image.') ||
    config === mediaTypes.dockerConfig ||
    looseConfigs.has(config) ||
    mediaType === mediaTypes.dockerManifest
  )
}

function areDocuments(layers: ImageManifest['layers']): boolean {
  return layers.length > 0 && layers.every((layer) => evidenceLayers.has(layer.mediaType))
}

function toMember({ digest, platform, annotations }: Descriptor): IndexMember {
  const attests =
    annotations?.['vnd.docker.reference.type'] === 'attestation-manifest' && platform?.os === 'unknown'
      ? annotations['vnd.docker.reference.digest']
      : undefined
  return { digest, platform, attests: isDigest(attests) ? attests : undefined }
}

function sumOfSizes(descriptors: readonly Descriptor[]): number | undefined {
  const sum = descriptors.reduce((total, { size }) => total + size, 0)
  return Number.isSafeInteger(sum) ? sum : undefined
}
