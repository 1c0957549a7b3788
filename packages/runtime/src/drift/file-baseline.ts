import type { FileRecord } from '@sallyport/core'

const maxLinks = 40

/** The files of an image by path: what a container is compared with. */
export class FileBaseline {
  readonly #files = new Map<string, FileRecord>()
  readonly #byHash = new Map<string, string>()
  readonly #children = new Map<string, string[]>()

  /** @param files In any order; `/` is added when it is missing. */
  constructor(files: Iterable<FileRecord>) {
    for (const file of files) {
      this.#files.set(file.path, file)
      if (file.sha256 !== undefined && file.size > 0 && !this.#byHash.has(file.sha256))
        this.#byHash.set(file.sha256, file.path)
      if (file.path === '/') continue
      const parent = parentOf(file.path)
      const siblings = this.#children.get(parent)
      if (siblings) siblings.push(file.path)
      else this.#children.set(parent, [file.path])
    }
  }

  /** How many there are. */
  get size(): number {
    return this.#files.size
  }

  /** What the image has at a path, or `undefined`. */
  get(path: string): FileRecord | undefined {
    return this.#files.get(path)
  }

  /** A path of the image that has this content. */
  pathOf(sha256: string): string | undefined {
    return this.#byHash.get(sha256)
  }

  /** All files of the image. */
  files(): IterableIterator<FileRecord> {
    return this.#files.values()
  }

  /** Everything below a directory, parents first. */
  *below(directory: string): Generator<FileRecord, void, undefined> {
    for (const path of this.#children.get(directory) ?? []) {
      const file = this.#files.get(path)
      if (file) yield file
      yield* this.below(path)
    }
  }

  /** The file that a path leads to inside of the image, links followed; `undefined` when there is none. */
  resolve(path: string): FileRecord | undefined {
    const parts = path.split('/').toReversed()
    let current = ''
    let links = 0
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      if (part === '' || part === '.') continue
      if (part === '..') {
        current = current.slice(0, current.lastIndexOf('/'))
        continue
      }
      const target = this.#files.get(`${current}/${part}`)?.linkTarget
      if (target === undefined) {
        current = `${current}/${part}`
        continue
      }
      if (++links > maxLinks) return undefined
      if (target.startsWith('/')) current = ''
      parts.push(...target.split('/').toReversed())
    }
    return this.#files.get(current || '/')
  }
}

/** The directory that a path lies in. */
export const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'
