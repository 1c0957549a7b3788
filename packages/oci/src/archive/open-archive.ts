import { resolve } from 'node:path'
import {
  type BlobOptions,
  type Descriptor,
  digestAlgorithm,
  digestHex,
  type Reference,
} from '@sallyport/core'
import { OciError } from '../errors.ts'
import { checkLayoutVersion, maxIndexBytes } from '../layout/layout-documents.ts'
import { imageNameAnnotation, type LayoutIndex, parseLayoutIndex } from '../layout/layout-index.ts'
import { createLayoutReader, type LayoutContent } from '../layout/layout-reader.ts'
import { readChunks } from '../layout/read-chunks.ts'
import type { Repository } from '../ports/repository.ts'
import { type ArchiveContent, readDockerArchive } from './docker-archive.ts'
import { indexTar, invalidArchive, type TarFile } from './index-tar.ts'
import { openPlainTar } from './plain-tar.ts'

/** Options of {@link openArchive}. */
export interface OpenArchiveOptions extends BlobOptions {
  /**
   * `oci` for an OCI layout in a tar, `docker` for an archive as `docker save` writes it. Default: `oci` when the tar is
   * one, also when it is both.
   */
  readonly format?: 'oci' | 'docker' | undefined
  /** Only the images that were saved under this name; for archives in which several have the same tag. Default: all. */
  readonly repository?: Pick<Reference, 'registry' | 'repository'> | undefined
  /** Most entries of the tar. Default 100,000. */
  readonly maxEntries?: number | undefined
  /** Most bytes that may come out of a compressed tar, and out of the compressed layers of a docker archive. Default 64 GiB. */
  readonly maxBytes?: number | undefined
  /** Where a compressed tar is unpacked. Default: the system's folder for temporary files. */
  readonly temporaryDirectory?: string | undefined
}

/** A repository in a file, for reading only: what would write rejects with `READ_ONLY`. Dispose of it when done. */
export interface ArchiveRepository extends Repository, AsyncDisposable {
  /** What the file was read as. */
  readonly format: 'oci' | 'docker'
  /** The images of the archive, tags as `org.opencontainers.image.ref.name` annotations. */
  listEntries(options?: BlobOptions): Promise<readonly Descriptor[]>
}

/**
 * Opens an OCI layout in a tar, or an archive as `docker save` writes it, plain or compressed (gzip, zstd). The tar is
 * gone through once for its names; contents are read when asked for, and verified as everywhere.
 *
 * The image of a docker archive has no manifest, so one is made: the same for the same config and layers, with the
 * media types of OCI. A plain layer has its diff id for a digest. A compressed one is read once, and must unpack to it.
 *
 * @throws {OciError} `ARCHIVE_INVALID` when the file is no such archive, or contradicts itself.
 * @throws {OciError} `LIMIT_EXCEEDED` above one of the limits.
 * @throws {OciError} `LAYOUT_UNREADABLE`, `LAYOUT_UNWRITABLE` when the file system refuses, here and while reading.
 */
export async function openArchive(
  path: string,
  {
    format,
    repository,
    maxEntries = 100_000,
    maxBytes = 64 * 1024 ** 3,
    temporaryDirectory,
    signal,
  }: OpenArchiveOptions = {},
): Promise<ArchiveRepository> {
  signal?.throwIfAborted()
  const place = resolve(path)
  const tar = await openPlainTar(place, { temporaryDirectory, maxBytes, signal })
  try {
    const { file } = tar
    const names = await indexTar(file, place, { maxEntries }, signal)
    const read = (
      { offset, size }: TarFile,
      from: number,
      inner: AbortSignal | undefined,
    ): AsyncIterable<Uint8Array> => readChunks(place, file, offset + from, offset + size, inner)
    const readDocument = async (name: string): Promise<Buffer | undefined> => {
      const found = names.find(name)
      if (found === undefined) return undefined
      if (found.size > maxIndexBytes) {
        throw new OciError('LIMIT_EXCEEDED', `${place}: ${name} has ${found.size} > ${maxIndexBytes} bytes`, {
          reference: place,
        })
      }
      const chunks: Uint8Array[] = []
      for await (const chunk of read(found, 0, signal)) chunks.push(chunk)
      return Buffer.concat(chunks)
    }

    const layoutFile = format === 'docker' ? undefined : await readDocument('oci-layout')
    let archive: ArchiveContent
    if (layoutFile === undefined) {
      if (format === 'oci') throw invalidArchive(place, 'it has no oci-layout file')
      archive = await readDockerArchive({
        place,
        names,
        readDocument,
        read: (found) => read(found, 0, signal),
        maxBytes,
      })
    } else {
      const fail = (reason: string, cause?: unknown): OciError => invalidArchive(place, reason, cause)
      checkLayoutVersion(layoutFile.toString('utf8'), fail)
      const text = await readDocument('index.json')
      if (text === undefined) throw fail('it has no index.json')
      archive = {
        index: parseLayoutIndex(text.toString('utf8'), fail),
        find: (digest) => names.find(`blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`),
      }
    }
    const index = repository === undefined ? archive.index : only(archive.index, repository)
    const content: LayoutContent = {
      name: place,
      readIndex: async () => index,
      async statBlob(digest) {
        const found = archive.find(digest)
        return found instanceof Uint8Array ? found.byteLength : found?.size
      },
      async *readBlob(digest, offset, inner) {
        inner?.throwIfAborted()
        const found = archive.find(digest)
        if (found === undefined) {
          throw new OciError('BLOB_NOT_FOUND', `${place}: there is no blob ${digest}`, { reference: digest })
        }
        if (found instanceof Uint8Array) yield found.subarray(offset)
        else yield* read(found, offset, inner)
      },
    }
    const refuse = async (): Promise<never> => {
      throw new OciError('READ_ONLY', `${place}: an archive is only read; createArchive writes a new one`, {
        reference: place,
      })
    }
    return {
      ...createLayoutReader(content),
      format: layoutFile === undefined ? 'docker' : 'oci',
      putManifest: refuse,
      write: refuse,
      [Symbol.asyncDispose]: () => tar[Symbol.asyncDispose](),
    }
  } catch (error) {
    await tar[Symbol.asyncDispose]()
    throw error
  }
}

/** The entries of one name. An entry that says no name is not left out in an OCI archive: there a tag is enough. */
function only(
  index: LayoutIndex,
  { registry, repository }: Pick<Reference, 'registry' | 'repository'>,
): LayoutIndex {
  const prefix = `${registry}/${repository}:`
  return {
    ...index,
    entries: index.entries.filter(({ descriptor }) =>
      (descriptor.annotations?.[imageNameAnnotation] ?? prefix).startsWith(prefix),
    ),
  }
}
