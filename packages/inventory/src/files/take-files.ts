import { type FileHandle, mkdtemp, open, rm, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LayerFileSink } from '@sallyport/image'
import {
  maxBufferedBytes,
  maxBufferedFiles,
  maxDatabaseBytes,
  maxExaminedBytes,
  maxFoundLayerLength,
  maxKeptLayerBytes,
  maxMemoryFileBytes,
} from '../internal/limits.ts'
import { examineFile } from './examine-file.ts'
import type { FileWish } from './facts-plan.ts'
import { memoryContent, diskContent } from './file-content.ts'
import type { FileContent, ReadOptions } from './image-files.ts'
import type { Examination } from './layer-facts.ts'

/** A file of a layer, and what is wanted of it. */
export interface WantedFile {
  /** Of its entry. */
  readonly position: number
  readonly size: number
  readonly wish: FileWish
}

/** Takes what is wanted out of files while they pass by. */
export interface FileTaker {
  /** `undefined` when the content need not be seen. */
  take(file: WantedFile): LayerFileSink | undefined
  /** Waits until all that was taken is examined. */
  finish(): Promise<TakenFiles>
}

/** What was found in the files of a layer. */
export interface TakenFiles {
  readonly contents: Map<number, Uint8Array | undefined>
  readonly examinations: Map<string, Map<number, Examination>>
  /** What both take, roughly. */
  readonly heldBytes: number
}

const tooMuch: Examination = {
  kind: 'limited',
  message: 'more was found in the files of its layer than is kept',
}

/** Options of {@link createFileTaker}. */
export interface FileTakerOptions extends ReadOptions {
  /** Folder for files that are too large for the memory. Default the system's folder for temporary files. */
  readonly directory?: string | undefined
  /** Most characters of what is found, as JSON. Default 256 Mi. */
  readonly maxFoundLength?: number | undefined
}

/**
 * Creates a taker. Examinations run beside the stream; it waits only when too much is held for them. Files that
 * examiners want and that are too large for the memory go through a temporary file. Dispose it to delete these.
 */
export function createFileTaker({
  directory = tmpdir(),
  maxFoundLength = maxFoundLayerLength,
  signal,
}: FileTakerOptions): FileTaker & AsyncDisposable {
  const contents: TakenFiles['contents'] = new Map()
  const examinations: TakenFiles['examinations'] = new Map()
  const running = new Map<WantedFile, Promise<void>>()
  let kept = 0
  let found = 0
  let buffered = 0
  let failure: { readonly error: unknown } | undefined
  let folder: Promise<string> | undefined

  const record = (name: string, position: number, examination: Examination) => {
    const known = examinations.get(name)
    if (known) known.set(position, examination)
    else examinations.set(name, new Map([[position, examination]]))
  }
  const isFull = () => buffered > maxBufferedBytes || running.size >= maxBufferedFiles
  const throwFailure = () => {
    if (failure !== undefined) throw failure.error
  }

  /** Starts the examination, and waits while too many others run. */
  async function start(file: WantedFile, content: FileContent, cost: number, close?: () => Promise<void>) {
    const examination = (async () => {
      try {
        for (const examiner of file.wish.examiners) {
          const { examination, length } = await examineFile(content, examiner, { signal })
          const isTooMuch = found + length > maxFoundLength
          if (!isTooMuch) found += length
          record(examiner.name, file.position, isTooMuch ? tooMuch : examination)
        }
      } catch (error) {
        failure ??= { error }
      }
      await close?.().catch(() => undefined)
      buffered -= cost
      running.delete(file)
    })()
    buffered += cost
    running.set(file, examination)
    while (isFull() && running.size > 0) await Promise.race(running.values())
    throwFailure()
  }

  function inMemory(file: WantedFile): LayerFileSink {
    const content = Buffer.allocUnsafe(file.size)
    let filled = 0
    return {
      write(chunk) {
        content.set(chunk, filled)
        filled += chunk.length
      },
      end() {
        if (file.wish.keep) contents.set(file.position, content)
        if (file.wish.examiners.length > 0) return start(file, memoryContent(content), file.size)
        return undefined
      },
    }
  }

  function onDisk(file: WantedFile): LayerFileSink {
    let handle: FileHandle | undefined
    return {
      async write(chunk) {
        if (handle === undefined) {
          folder ??= mkdtemp(join(directory, 'sallyport-facts-'))
          const path = join(await folder, String(file.position))
          handle = await open(path, 'wx+', 0o600)
          openFiles.add(handle)
          // The file lives as long as it is open, whatever happens to this process.
          await unlink(path)
        }
        let written = 0
        while (written < chunk.length) {
          written += (await handle.write(chunk, written, chunk.length - written)).bytesWritten
        }
      },
      end() {
        const spooled = handle!
        const close = async () => {
          openFiles.delete(spooled)
          await spooled.close()
        }
        return start(file, diskContent(spooled, file.size), maxMemoryFileBytes, close)
      },
    }
  }
  const openFiles = new Set<FileHandle>()

  return {
    take(file) {
      const { position, size, wish } = file
      if (wish.keep) {
        kept += size
        if (size <= maxDatabaseBytes && kept <= maxKeptLayerBytes) return inMemory(file)
        kept -= size
        contents.set(position, undefined)
      }
      if (wish.examiners.length === 0) return undefined
      if (size > maxExaminedBytes) {
        const message = `a file of ${size} bytes, of ${maxExaminedBytes} that are examined`
        for (const { name } of wish.examiners) record(name, position, { kind: 'limited', message })
        return undefined
      }
      const examined = { position, size, wish: { keep: false, examiners: wish.examiners } }
      return size <= maxMemoryFileBytes ? inMemory(examined) : onDisk(examined)
    },
    async finish() {
      await Promise.all(running.values())
      throwFailure()
      return { contents, examinations, heldBytes: kept + found }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(running.values())
      await Promise.allSettled([...openFiles].map((handle) => handle.close()))
      const path = await folder?.catch(() => undefined)
      if (path !== undefined) await rm(path, { recursive: true, force: true })
    },
  }
}
