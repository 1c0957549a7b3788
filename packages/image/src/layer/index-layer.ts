import { ImageError } from '../errors.ts'
import type { TarEntry } from '../tar/tar-header.ts'
import type { TarLimits } from '../tar/tar-limits.ts'
import { TarScanner } from '../tar/tar-scanner.ts'
import { baseName, entryPath, parentPath } from './entry-path.ts'
import type { LayerEntry, LayerEntryKind, LayerIndex } from './layer-entry.ts'

/** Takes the content of one file of a layer. */
export interface LayerFileSink {
  /** A piece of the content, a view that is valid until this returns or its promise is fulfilled. */
  write(chunk: Uint8Array): Promise<void> | void
  /** Called once all of the content was written. */
  end(): Promise<void> | void
}

/** Chooses by its entry whether a regular file's content is wanted, and where it goes. */
export type LayerVisitor = (entry: LayerEntry, position: number) => LayerFileSink | undefined

/** Builds the index of a layer while its uncompressed bytes pass by. */
export interface LayerIndexer {
  /** Gives a promise when sinks want the next chunk to wait. */
  push(chunk: Uint8Array): Promise<void> | void
  /** Ends the archive and gives the index. An end mark is not asked for: the diff id proves that nothing is cut. */
  finish(): LayerIndex
}

const whiteout = '.wh.'
const opaque = '.wh..wh..opq'
const aufs = '.wh..wh.'

/**
 * Creates an indexer.
 *
 * Its methods throw {@link ImageError} `TAR_INVALID`, `TAR_UNSUPPORTED`, `PATH_INVALID`, `LIMIT_EXCEEDED`.
 */
export function createLayerIndexer(limits: TarLimits, visit?: LayerVisitor): LayerIndexer {
  const entries: LayerEntry[] = []
  // What the sinks are told, in order; the scanner itself cannot wait.
  let waiting: (() => Promise<void> | void)[] = []
  let sink: LayerFileSink | undefined
  let remaining = 0
  const endFile = () => {
    const ended = sink
    sink = undefined
    if (ended !== undefined) waiting.push(() => ended.end())
  }
  const scanner = new TarScanner(
    {
      onEntry(tarEntry) {
        const entry = toLayerEntry(tarEntry)
        entries.push(entry)
        if (visit === undefined || entry.kind !== 'file') return
        sink = visit(entry, entries.length - 1)
        remaining = entry.size
        if (remaining === 0) endFile()
      },
      onData(chunk) {
        const taking = sink
        if (taking === undefined) return
        waiting.push(() => taking.write(chunk))
        remaining -= chunk.length
        if (remaining === 0) endFile()
      },
      onGlobal: refuseMeaningful,
    },
    limits,
  )
  return {
    push(chunk) {
      scanner.push(chunk)
      if (waiting.length === 0) return
      const tell = waiting
      waiting = []
      return tellInOrder(tell)
    },
    finish() {
      scanner.end()
      return { entries, hiddenBytes: scanner.hiddenBytes }
    },
  }
}

async function tellInOrder(tell: readonly (() => Promise<void> | void)[]): Promise<void> {
  for (const each of tell) {
    const wait = each()
    if (wait !== undefined) await wait
  }
}

/**
 * Container runtimes ignore global PAX headers, other tools apply them. One that changes what an entry is would show
 * a scanner another image than the one that runs, so only remarks (as `git archive` writes) are let through.
 */
function refuseMeaningful(records: ReadonlyMap<string, Uint8Array>, offset: number): void {
  for (const keyword of records.keys()) {
    if (keyword !== 'comment') {
      throw new ImageError(
        'TAR_UNSUPPORTED',
        `tar at byte ${offset}: global PAX record ${JSON.stringify(keyword)}`,
        {
          offset,
        },
      )
    }
  }
}

/** Attributes by which the overlay file system shows a directory's content elsewhere, or hides a file. */
const overlayAttribute = /^(?:trusted|user)\.overlay\./

/** Runtimes set what the layer says before they mount it, and only the kernel knows what that makes of the tree. */
function refuseOverlayAttributes({ xattrs, path, offset }: TarEntry): void {
  for (const name of xattrs.keys()) {
    if (overlayAttribute.test(name)) {
      const message = `layer entry ${JSON.stringify(path.slice(0, 200))}: attribute ${name} is the file system's own`
      throw new ImageError('TAR_UNSUPPORTED', message, { offset })
    }
  }
}

function toLayerEntry(entry: TarEntry): LayerEntry {
  refuseOverlayAttributes(entry)
  const path = entryPath(entry.path)
  const { kind, target } = classify(entry, path)
  return {
    kind,
    path: target,
    linkTarget: kind === 'hardlink' ? entryPath(entry.linkPath) : kind === 'symlink' ? entry.linkPath : '',
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    mtime: entry.mtime,
    size: entry.size,
    deviceMajor: entry.deviceMajor,
    deviceMinor: entry.deviceMinor,
    xattrs: entry.xattrs,
    offset: entry.offset,
    dataOffset: entry.dataOffset,
  }
}

/** Reads whiteouts out of the name (OCI image specification, layer.md, "Whiteouts"). */
function classify(entry: TarEntry, path: string): { readonly kind: LayerEntryKind; readonly target: string } {
  if (!path.includes(`/${whiteout}`)) {
    if (path === '/' && entry.type !== 'directory')
      throw badName(path, 'the root must be a directory', entry.offset)
    return { kind: entry.type, target: path }
  }
  const name = baseName(path)
  const directory = parentPath(path)
  if (path.startsWith(`/${aufs}`) && path !== `/${opaque}`) {
    // Some runtimes leave out all below, and others only by a relative name, or show what is there.
    if (directory !== '/' || entry.path.startsWith('/'))
      throw badName(path, 'bookkeeping of aufs that runtimes may show', entry.offset)
    return { kind: 'ignored', target: path }
  }
  if (directory.includes(`/${whiteout}`)) throw badName(path, 'nothing can be below a whiteout', entry.offset)
  if (name === opaque) return { kind: 'opaque', target: directory }
  const hidden = name.slice(whiteout.length)
  if (hidden === '' || hidden === '.' || hidden === '..')
    throw badName(path, 'the whiteout names nothing', entry.offset)
  return { kind: 'whiteout', target: directory === '/' ? `/${hidden}` : `${directory}/${hidden}` }
}

function badName(path: string, what: string, offset: number): ImageError {
  return new ImageError('PATH_INVALID', `layer entry ${JSON.stringify(path)}: ${what}`, { path, offset })
}
