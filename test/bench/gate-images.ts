import { randomBytes } from 'node:crypto'
import { type Descriptor, type Digest, digestOf, mediaTypes } from '@sallyport/core'
import { parseManifest, type RegistryRepository, toRawManifest } from '@sallyport/oci'
import { createImage, type GeneratedImage } from '@sallyport/testkit'

const mebibyte = 1024 * 1024
const packages = 120

/** Layers that all images of a bench share, and their digests uncompressed. */
export interface SharedLayers {
  readonly image: GeneratedImage
  readonly layers: readonly Descriptor[]
  readonly diffIds: readonly Digest[]
}

/** A base with a package database, and three layers of data that does not compress: 100 MB in all. */
export function sharedLayers(): SharedLayers {
  const names = Array.from({ length: packages }, (_, index) => `package-${index}`)
  const files = Object.fromEntries(
    names.flatMap((name) => [
      [`/usr/lib/${name}/data`, `${name}\n`.repeat(20)],
      [`/var/lib/dpkg/info/${name}.list`, `/.\n/usr\n/usr/lib\n/usr/lib/${name}\n/usr/lib/${name}/data\n`],
    ]),
  )
  const base = {
    '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
    '/var/lib/dpkg/status': names.map(toStanza).join('\n'),
    ...files,
  }
  const data = Array.from({ length: 3 }, (_, index) => ({
    files: { [`/srv/data-${index}`]: randomBytes(33 * mebibyte) },
  }))
  const image = createImage({ layers: [{ files: base }, ...data] })
  return { image, layers: parseManifest(image.raw).layers, diffIds: image.diffIds }
}

/** Pushes the shared layers once. */
export async function pushSharedLayers(
  repository: RegistryRepository,
  { image, layers }: SharedLayers,
): Promise<void> {
  for (const layer of layers) await repository.write(layer, image.open(layer))
}

/** Pushes an image of the shared layers, which are there, and a small one of its own, under a tag. */
export async function pushApp(
  repository: RegistryRepository,
  { layers, diffIds }: SharedLayers,
  name: string,
): Promise<void> {
  const own = createImage({
    layers: [{ files: { '/app/run': { content: `#!/srv/data-0\n${name}\n`, mode: 0o755 } } }],
  })
  const [layer] = parseManifest(own.raw).layers
  await repository.write(layer!, own.open(layer!))
  const configuration = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      config: { Entrypoint: ['/app/run'] },
      rootfs: { type: 'layers', diff_ids: [...diffIds, ...own.diffIds] },
    }),
  )
  const config: Descriptor = {
    mediaType: mediaTypes.ociConfig,
    digest: digestOf(configuration),
    size: configuration.byteLength,
  }
  await repository.write(config, once(configuration))
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config,
    layers: [...layers, layer],
  }
  await repository.putManifest(toRawManifest(Buffer.from(JSON.stringify(manifest))), { tag: name })
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

const toStanza = (name: string) =>
  [
    `Package: ${name}`,
    'Status: install ok installed',
    'Architecture: amd64',
    'Version: 1.0-1',
    'Maintainer: Nobody <nobody@example.org>',
    `Description: ${name} of a bench`,
    '',
  ].join('\n')
