import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Digest,
  digestAlgorithm,
  digestOf,
  isDigest,
  isIndexMediaType,
  isManifestMediaType,
} from '@sallyport/core'
import { parseManifest } from '../handlers/parse-manifest.ts'
import { isRepositoryName, isTag } from '../route-request.ts'
import { createRepositoryRecord, type RepositoryRecord } from './catalogue.ts'
import { hasLayoutFolder, layoutPaths } from './layout-paths.ts'
import { refName } from './write-layout-index.ts'

const maxManifestBytes = 64 * 1024 * 1024

interface LayoutEntry {
  readonly digest: Digest
  readonly mediaType?: string | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/**
 * Reads every OCI layout inside of a folder; its path is the repository's name. Layouts that other tools wrote are
 * read too.
 *
 * @throws {Error} when an index is no index or a manifest is not what its digest says.
 */
export async function readLayouts(directory: string): Promise<Map<string, RepositoryRecord>> {
  await mkdir(directory, { recursive: true })
  const records = new Map<string, RepositoryRecord>()
  for (const repository of await findLayouts(directory, '')) {
    records.set(repository, await readLayout(directory, repository))
  }
  return records
}

async function findLayouts(directory: string, name: string): Promise<string[]> {
  const entries = await readdir(join(directory, name), { withFileTypes: true })
  const isLayout = name !== '' && entries.some((entry) => entry.name === 'oci-layout' && entry.isFile())
  const inside = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => (name === '' ? entry.name : `${name}/${entry.name}`))
    .filter((path) => isRepositoryName(path) && hasLayoutFolder(path))
  const nested = await Promise.all(inside.map((path) => findLayouts(directory, path)))
  return [...(isLayout ? [name] : []), ...nested.flat()]
}

async function readLayout(directory: string, repository: string): Promise<RepositoryRecord> {
  const paths = layoutPaths(directory, repository)
  const record = createRepositoryRecord()
  for (const digest of await listBlobs(paths.folder)) {
    record.blobs.set(digest, (await stat(paths.blob(digest))).size)
  }
  const queue = parseIndex(await readFile(paths.index, 'utf8'), paths.index)
  for (const { digest, mediaType, annotations } of queue) {
    const size = record.blobs.get(digest)
    if (size === undefined && !record.manifests.has(digest)) continue // a sparse layout
    const tag = annotations?.[refName]
    if (tag !== undefined && isTag(tag)) record.tags.set(tag, digest)
    if (size === undefined) continue
    if (size > maxManifestBytes) throw new Error(`${paths.blob(digest)} is too large for a manifest`)
    const bytes = await readFile(paths.blob(digest))
    if (digestOf(bytes, digestAlgorithm(digest)) !== digest)
      throw new Error(`${paths.blob(digest)} is damaged`)
    const { children, blobs: _, ...manifest } = parseManifest(bytes, mediaType)
    record.blobs.delete(digest)
    record.manifests.set(digest, { ...manifest, size })
    // Tools that list only an index have its children among the blobs.
    queue.push(
      ...children.filter(({ mediaType }) => isManifestMediaType(mediaType) || isIndexMediaType(mediaType)),
    )
  }
  return record
}

async function listBlobs(folder: string): Promise<Digest[]> {
  const found = await Promise.all(
    ['sha256', 'sha512'].map(async (algorithm) => {
      const names = await readdir(join(folder, 'blobs', algorithm)).catch(() => [])
      return names.map((name) => `${algorithm}:${name}`).filter(isDigest)
    }),
  )
  return found.flat()
}

function parseIndex(text: string, path: string): LayoutEntry[] {
  const { manifests } = JSON.parse(text) as { manifests?: unknown }
  if (!Array.isArray(manifests)) throw new Error(`${path} is no index`)
  return (manifests as LayoutEntry[]).filter(({ digest }) => isDigest(digest))
}
