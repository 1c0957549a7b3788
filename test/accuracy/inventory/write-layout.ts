import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openLayout } from '@sallyport/oci'
import { createImage, type FileDescription, pushImage } from '@sallyport/testkit'

/** Files of an image by path, without a leading slash. */
export type Files = Readonly<Record<string, FileDescription>>

/** Writes an image of one layer, with all parents of its files, as an OCI layout. */
export async function writeLayout(directory: string, files: Files): Promise<void> {
  const all: Record<string, FileDescription> = {}
  for (const [path, file] of Object.entries(files)) {
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
      all[path.slice(0, at)] ??= { directory: true, mode: 0o755 }
    }
    all[path] = file
  }
  const layout = await openLayout(directory, { create: true })
  await pushImage(layout, createImage({ layers: [{ files: all }] }), 'latest')
}

interface Blob {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: { readonly architecture: string } | undefined
}
interface Manifest {
  readonly manifests?: readonly Blob[]
  readonly config: Blob
  readonly layers: readonly Blob[]
}

/**
 * Writes a layout that holds one platform of the image in another layout, whose blobs it points to; all tools read it
 * without being told a platform.
 */
export async function writePlatformLayout(
  directory: string,
  source: string,
  architecture: string,
): Promise<void> {
  const { manifests = [] } = await readBlob<Manifest>(join(source, 'index.json'))
  let [entry] = manifests
  const inner = await readBlob<Manifest>(blobPath(source, entry!.digest))
  if (inner.manifests) entry = inner.manifests.find(({ platform }) => platform?.architecture === architecture)
  if (!entry) throw new Error(`no ${architecture} in ${source}`)
  await mkdir(directory)
  await symlink(join(source, 'blobs'), join(directory, 'blobs'))
  await writeIndex(directory, entry)
}

/** Writes a layout with the lowest layer of the image in another layout alone. */
export async function writeBaseLayout(directory: string, source: string): Promise<void> {
  const { manifests = [] } = await readBlob<Manifest>(join(source, 'index.json'))
  const manifest = await readBlob<Manifest>(blobPath(source, manifests[0]!.digest))
  const config = await readBlob<{ readonly rootfs: { readonly type: string; diff_ids: readonly string[] } }>(
    blobPath(source, manifest.config.digest),
  )
  const [layer] = manifest.layers
  const blobs = join(directory, 'blobs/sha256')
  await mkdir(blobs, { recursive: true })
  const name = layer!.digest.slice('sha256:'.length)
  await copyFile(blobPath(source, layer!.digest), join(blobs, name))
  const put = async (mediaType: string, value: unknown): Promise<Blob> => {
    const bytes = Buffer.from(JSON.stringify(value))
    const hash = createHash('sha256').update(bytes).digest('hex')
    await writeFile(join(blobs, hash), bytes)
    return { mediaType, digest: `sha256:${hash}`, size: bytes.byteLength }
  }
  const rootfs = { type: 'layers', diff_ids: config.rootfs.diff_ids.slice(0, 1) }
  const written = await put(manifest.config.mediaType, { ...config, rootfs, history: undefined })
  await writeIndex(
    directory,
    await put('application/vnd.oci.image.manifest.v1+json', {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: written,
      layers: [layer],
    }),
  )
}

async function writeIndex(directory: string, { mediaType, digest, size }: Blob): Promise<void> {
  const annotations = { 'org.opencontainers.image.ref.name': 'latest' }
  const index = { schemaVersion: 2, manifests: [{ mediaType, digest, size, annotations }] }
  await writeFile(join(directory, 'index.json'), JSON.stringify(index))
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
}

const blobPath = (layout: string, digest: string) => join(layout, 'blobs', digest.replace(':', '/'))

const readBlob = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, 'utf8')) as T
