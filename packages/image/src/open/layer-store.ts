import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LayerIndex } from '../layer/layer-entry.ts'
import { compressionOf } from '../layer/layer-format.ts'
import { spoolLayer, type SpoolLayerInput } from '../layer/spool-layer.ts'

/**
 * Keeps the layers of images that were opened with it, so that each is read, uncompressed and verified once, however many
 * images share it. Dispose it after the images.
 */
export interface LayerStore extends AsyncDisposable {
  /** What the layers that are kept take now, in bytes: blobs and uncompressed tars on disk, and their indexes. */
  readonly bytes: number
}

/** Options of {@link createLayerStore}. */
export interface LayerStoreOptions {
  /**
   * Folder in which the store's own folder is made; on the same disk as the images, which then share its files. Default the
   * system's folder for temporary files.
   */
  readonly directory?: string | undefined
  /** What it may keep of layers that no image uses, in bytes; what was not used for the longest time goes. Default 16 GiB. */
  readonly maxBytes?: number | undefined
}

/** Makes a {@link LayerStore}. */
export function createLayerStore({
  directory = tmpdir(),
  maxBytes = 16 * 1024 ** 3,
}: LayerStoreOptions = {}): LayerStore {
  return new KeptLayers(directory, maxBytes)
}

/** A layer of the store, which stays at least until it is given back. */
export interface BorrowedLayer {
  readonly contents: LayerIndex
  readonly blobPath: string
  readonly tarPath: string
  release(): Promise<void>
}

interface KeptLayer {
  readonly blobPath: string
  readonly tarPath: string
  /** `undefined` when reading it failed. */
  readonly ready: Promise<LayerIndex | undefined>
  users: number
  tarBytes: number
  bytes: number
}

/** Roughly what an entry of an index takes in memory. */
const entryBytes = 512

/** The store that `createLayerStore` gives out; inside the package its layers can be borrowed. */
export class KeptLayers implements LayerStore {
  readonly #directory: string
  readonly #maxBytes: number
  /** What was not used for the longest time comes first. */
  readonly #layers = new Map<string, KeptLayer>()
  #folder: Promise<string> | undefined
  #made = 0
  #bytes = 0

  constructor(directory: string, maxBytes: number) {
    this.#directory = directory
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Gives a layer that it keeps, waits for one that another image reads, or reads it. Throws what `spoolLayer` throws. */
  async borrow(input: Omit<SpoolLayerInput, 'blobPath' | 'tarPath'>): Promise<BorrowedLayer> {
    const { descriptor, diffId, limits, signal, onTarBytes } = input
    // All that decides whether a layer is accepted: what one image took must not pass for another that is stricter.
    const compression = compressionOf(descriptor.mediaType)
    const key = JSON.stringify([descriptor.digest, descriptor.size, diffId, compression, limits])
    for (;;) {
      signal?.throwIfAborted()
      const known = this.#layers.get(key)
      if (known === undefined) return await this.#read(key, input)
      known.users += 1
      try {
        const contents = await waitFor(known.ready, signal)
        // Whoever read it may have failed for a reason of its own.
        if (contents === undefined) continue
        onTarBytes?.(known.tarBytes)
        return this.#lend(key, known, contents)
      } catch (error) {
        await this.#giveBack(known)
        throw error
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const folder = await this.#folder?.catch(() => undefined)
    this.#layers.clear()
    this.#bytes = 0
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }

  async #read(key: string, input: Omit<SpoolLayerInput, 'blobPath' | 'tarPath'>): Promise<BorrowedLayer> {
    const { promise: ready, resolve } = Promise.withResolvers<LayerIndex | undefined>()
    const name = String(this.#made++)
    // Known before anything is waited for, or two would read it.
    this.#folder ??= this.#createFolder()
    const folder = this.#folder
    const known: { -readonly [Field in keyof KeptLayer]: KeptLayer[Field] } = {
      blobPath: '',
      tarPath: '',
      ready,
      users: 1,
      tarBytes: 0,
      bytes: 0,
    }
    this.#layers.set(key, known)
    try {
      known.blobPath = join(await folder, `${name}.blob`)
      known.tarPath = join(await folder, `${name}.tar`)
      const contents = await spoolLayer({
        ...input,
        blobPath: known.blobPath,
        tarPath: known.tarPath,
        onTarBytes(bytes) {
          known.tarBytes += bytes
          input.onTarBytes?.(bytes)
        },
      })
      known.bytes = input.descriptor.size + known.tarBytes + contents.entries.length * entryBytes
      this.#bytes += known.bytes
      resolve(contents)
      return this.#lend(key, known, contents)
    } catch (error) {
      this.#layers.delete(key)
      resolve(undefined)
      if (known.tarPath !== '') await removeFiles(known)
      throw error
    }
  }

  async #createFolder(): Promise<string> {
    await mkdir(this.#directory, { recursive: true })
    return await mkdtemp(join(this.#directory, 'sallyport-layers-'))
  }

  #lend(key: string, known: KeptLayer, contents: LayerIndex): BorrowedLayer {
    this.#layers.delete(key)
    this.#layers.set(key, known)
    let isLent = true
    return {
      contents,
      blobPath: known.blobPath,
      tarPath: known.tarPath,
      release: async () => {
        if (!isLent) return
        isLent = false
        await this.#giveBack(known)
      },
    }
  }

  async #giveBack(known: KeptLayer): Promise<void> {
    known.users -= 1
    const leaving: KeptLayer[] = []
    for (const [key, oldest] of this.#layers) {
      if (this.#bytes <= this.#maxBytes) break
      if (oldest.users > 0) continue
      this.#layers.delete(key)
      this.#bytes -= oldest.bytes
      leaving.push(oldest)
    }
    for (const each of leaving) await removeFiles(each)
  }
}

async function removeFiles({ blobPath, tarPath }: Pick<KeptLayer, 'blobPath' | 'tarPath'>): Promise<void> {
  for (const path of [blobPath, tarPath]) await rm(path, { force: true })
}

/** Waits for somebody else's work, which goes on when the waiting ends. */
async function waitFor<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason as Error)
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
