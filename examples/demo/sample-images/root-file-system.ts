import { posix } from 'node:path'
import type { TarHeaderInput } from '@sallyport/image'
import { encodeTarHeader } from '@sallyport/image'

/** One path of a file system that is being built. */
export interface RootEntry {
  readonly type: 'file' | 'directory' | 'symlink'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: number
  readonly content?: Uint8Array | undefined
  /** Target of a symbolic link as written. */
  readonly target?: string | undefined
  /** Files with the same object are hard links of each other. */
  readonly inode: object
}

/** What {@link RootFileSystem.put} needs; owner root, mode 0644 or 0755. */
export type NewEntry = Pick<RootEntry, 'type'> &
  Partial<Omit<RootEntry, 'type' | 'content'>> & { readonly content?: Uint8Array | string | undefined }

/**
 * A file system in memory that remembers what changed since the last layer. Debian's merged `/usr` is followed:
 * a path below `/bin`, `/sbin`, `/lib` or `/lib64` lands below `/usr`.
 */
export interface RootFileSystem {
  get(path: string): RootEntry | undefined
  put(path: string, entry: NewEntry): void
  /** Makes `path` a hard link of `existing`. */
  link(path: string, existing: string): void
  /** Removes a path and everything below it. */
  remove(path: string): void
  /** Whether the layer to come hides everything that earlier ones have in this directory. */
  replaceDirectory(path: string): void
  /** A copy with the same files and the same last layer; both go their own way from here. */
  clone(): RootFileSystem
  /** Tar pieces of everything changed since the last call, with whiteouts for what was removed. */
  takeLayer(): Uint8Array[]
}

const merged = ['bin', 'sbin', 'lib', 'lib64']

/** Creates an empty file system with the links of a merged `/usr`. `mtime` is that of entries that give none. */
export function createRootFileSystem(mtime: number): RootFileSystem {
  const root = openState(mtime, new Map(), new Set())
  for (const name of merged) root.put(`/${name}`, { type: 'symlink', target: `usr/${name}` })
  return root
}

function openState(mtime: number, entries: Map<string, RootEntry>, earlier: Set<string>): RootFileSystem {
  const changed = new Set<string>()
  const opaque = new Set<string>()

  const canonical = (path: string) => {
    const clean = posix.normalize(`/${path}`).replace(/(.)\/$/, '$1')
    const [, first = ''] = clean.split('/')
    return merged.includes(first) && clean !== `/${first}` ? `/usr${clean}` : clean
  }
  const parents = (path: string) => {
    const parent = posix.dirname(path)
    if (parent === '/') return
    const { type } = entries.get(parent) ?? {}
    if (type === undefined) {
      parents(parent)
      set(parent, { type: 'directory' })
    } else if (type !== 'directory') {
      throw new Error(`${path} would be written below ${parent}, which is a ${type}`)
    }
  }
  const set = (path: string, { type, content, ...entry }: NewEntry) => {
    entries.set(path, {
      type,
      mode: entry.mode ?? { file: 0o644, directory: 0o755, symlink: 0o777 }[type],
      uid: entry.uid ?? 0,
      gid: entry.gid ?? 0,
      mtime: entry.mtime ?? mtime,
      content: typeof content === 'string' ? Buffer.from(content) : content,
      target: entry.target,
      inode: entry.inode ?? {},
    })
    changed.add(path)
  }

  return {
    get: (path) => entries.get(canonical(path)),
    put(path, entry) {
      const at = canonical(path)
      if (at === '/') return
      parents(at)
      set(at, entry)
    },
    link(path, existing) {
      const original = entries.get(canonical(existing))
      if (original?.type !== 'file') throw new Error(`hard link ${path} to ${existing}, which is no file`)
      parents(canonical(path))
      set(canonical(path), original)
    },
    remove(path) {
      const at = canonical(path)
      for (const key of entries.keys()) if (key === at || key.startsWith(`${at}/`)) entries.delete(key)
      changed.add(at)
    },
    replaceDirectory(path) {
      const at = canonical(path)
      const entry = entries.get(at)
      for (const key of entries.keys()) if (key.startsWith(`${at}/`)) entries.delete(key)
      set(at, entry ?? { type: 'directory' })
      opaque.add(at)
    },
    clone() {
      if (changed.size > 0) throw new Error('only a file system without open changes can be cloned')
      return openState(mtime, new Map(entries), new Set(earlier))
    },
    takeLayer() {
      const pieces: Uint8Array[] = []
      const firstOfInode = new Map<object, string>()
      for (const path of [...changed, ...[...opaque].map((at) => `${at}/.wh..wh..opq`)].sort()) {
        const entry = entries.get(path)
        if (entry) pieces.push(...encodeEntry(path, entry, firstOfInode))
        else if (path.endsWith('/.wh..wh..opq')) pieces.push(encodeTarHeader(whiteout(path, mtime)))
        else if (earlier.has(path) && (entries.has(posix.dirname(path)) || posix.dirname(path) === '/')) {
          const name = posix.join(posix.dirname(path), `.wh.${posix.basename(path)}`)
          pieces.push(encodeTarHeader(whiteout(name, mtime)))
        }
      }
      pieces.push(new Uint8Array(1024))
      for (const path of entries.keys()) earlier.add(path)
      for (const path of earlier) if (!entries.has(path)) earlier.delete(path)
      changed.clear()
      opaque.clear()
      return pieces
    },
  }
}

function whiteout(path: string, mtime: number): TarHeaderInput {
  return { type: 'file', path: path.slice(1), mode: 0o644, mtime, size: 0 }
}

function encodeEntry(path: string, entry: RootEntry, firstOfInode: Map<object, string>): Uint8Array[] {
  const { type, mode, uid, gid, mtime } = entry
  const common = { mode, uid, gid, mtime }
  if (type === 'directory') return [encodeTarHeader({ ...common, type, path: `${path.slice(1)}/` })]
  if (type === 'symlink') {
    return [encodeTarHeader({ ...common, type, path: path.slice(1), linkPath: entry.target ?? '' })]
  }
  const first = firstOfInode.get(entry.inode)
  if (first !== undefined) {
    return [encodeTarHeader({ ...common, type: 'hardlink', path: path.slice(1), linkPath: first })]
  }
  firstOfInode.set(entry.inode, path.slice(1))
  const content = entry.content ?? new Uint8Array()
  const padding = (512 - (content.byteLength % 512)) % 512
  return [
    encodeTarHeader({ ...common, type, path: path.slice(1), size: content.byteLength }),
    content,
    new Uint8Array(padding),
  ]
}
