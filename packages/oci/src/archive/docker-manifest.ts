import {
  type Descriptor,
  digestAlgorithm,
  digestHex,
  type Digest,
  mediaTypes,
  type RawManifest,
} from '@sallyport/core'
import { OciError } from '../errors.ts'
import { parseManifest } from '../manifest/parse-manifest.ts'

/** An image of an archive with the names that Docker shall know it by. */
export interface DockerImage {
  readonly manifest: RawManifest
  /** `registry/repository:tag`. */
  readonly names: readonly string[]
}

const layerMediaTypes: ReadonlySet<string> = new Set([
  mediaTypes.ociLayer,
  mediaTypes.ociLayerGzip,
  mediaTypes.ociLayerZstd,
  mediaTypes.dockerLayerGzip,
  'application/vnd.docker.image.rootfs.diff.tar',
])

/** Where a blob is in a layout, also in a tar. */
export function blobName(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`
}

/** Whether a manifest is an image that Docker could run, and not an artifact or a referrer. */
export function isDockerImage(manifest: RawManifest): boolean {
  const { config, subject, artifactType } = parseManifest(manifest)
  const isConfig = config.mediaType === mediaTypes.ociConfig || config.mediaType === mediaTypes.dockerConfig
  return isConfig && subject === undefined && artifactType === undefined
}

/**
 * The `manifest.json` of `docker save` for images whose config and layers lie in the archive as blobs of a layout.
 *
 * @throws {OciError} `MANIFEST_UNSUPPORTED` when a layer is of a kind that `docker load` does not take.
 */
export function formatDockerManifest(images: readonly DockerImage[]): string {
  return JSON.stringify(
    images.map(({ manifest, names }) => {
      const { config, layers } = parseManifest(manifest)
      for (const layer of layers) checkLayer(manifest.descriptor, layer)
      return {
        Config: blobName(config.digest),
        RepoTags: names.length === 0 ? null : names,
        Layers: layers.map(({ digest }) => blobName(digest)),
      }
    }),
  )
}

function checkLayer({ digest }: Descriptor, layer: Descriptor): void {
  if (layerMediaTypes.has(layer.mediaType)) return
  throw new OciError(
    'MANIFEST_UNSUPPORTED',
    `${digest}: a docker archive can't hold its layer ${layer.digest} (${layer.mediaType})`,
    { reference: digest },
  )
}
