import { createHash } from 'node:crypto'
import { readMagic, type FileRecord } from '@sallyport/core'
import { readTar, type TarEntry } from '@sallyport/image'
import type { FileObservation, PresentFile } from '../drift/file-observation.ts'
import type { CollectOptions, DriftCollector } from '../ports/drift-collector.ts'
import { overTimeAt } from './walk-tree.ts'

/** Options of {@link tarCollector}. */
export interface TarCollectorOptions {
  /**
   * What the archive holds. `export`: the whole file system (`docker export`, `podman export`). `diff`: only what was
   * written, with whiteouts as in a layer (`ctr snapshots diff`, the upper layer of `nerdctl commit`). Default `export`.
   */
  readonly content?: 'export' | 'diff' | undefined
}

/**
 * Looks at the files of a container in an archive.
 *
 * @param open Gives the bytes of the uncompressed archive; called once for each comparison.
 */
export function tarCollector(
  open: () => AsyncIterable<Uint8Array>,
  { content = 'export' }: TarCollectorOptions = {},
): DriftCollector {
  const isDiff = content === 'diff'
  return {
    name: `tar ${content}`,
    coverage: isDiff ? 'changes' : 'tree',
    async *collect({ timeLimit, signal }: CollectOptions): AsyncGenerator<FileObservation, void, undefined> {
      signal?.throwIfAborted()
      // Hard links have the content of what they name, which comes first.
      const files = new Map<string, PresentFile>()
      let open_:
        | { readonly file: PresentFile; readonly hash: ReturnType<typeof createHash>; head: Buffer }
        | undefined
      const finish = (): FileObservation | undefined => {
        if (!open_) return undefined
        const { file, hash, head } = open_
        open_ = undefined
        const whole = { ...file, sha256: hash.digest('hex'), magic: readMagic(head) }
        files.set(file.path, whole)
        return whole
      }
      for await (const event of readTar(open())) {
        signal?.throwIfAborted()
        if (timeLimit?.aborted) {
          yield overTimeAt('/')
          return
        }
        if (event.type === 'data') {
          if (!open_) continue
          open_.hash.update(event.chunk)
          if (open_.head.length < 4) open_.head = Buffer.concat([open_.head, event.chunk.subarray(0, 4)])
          continue
        }
        const done = finish()
        if (done) yield done
        if (event.type !== 'entry') continue
        const path = toPath(event.entry.path)
        if (path === undefined) {
          yield {
            kind: 'unknown',
            path: '/',
            reason: 'unreadable',
            message: 'the archive has a path that leads out of it',
          }
          continue
        }
        const gone = isDiff ? findWhiteout(path) : undefined
        if (gone) {
          yield gone
          continue
        }
        const file = describe(event.entry, path)
        if (event.entry.type === 'hardlink') {
          const target = files.get(toPath(event.entry.linkPath) ?? '')
          if (target) yield { ...target, path }
          else
            yield {
              kind: 'unknown',
              path,
              reason: 'unreadable',
              message: `${path} is a link to what the archive does not have`,
            }
        } else if (file.type === 'file') open_ = { file, hash: createHash('sha256'), head: Buffer.alloc(0) }
        else yield file
      }
      const last = finish()
      if (last) yield last
    },
  }
}

function toPath(name: string): string | undefined {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  return parts.includes('..') ? undefined : `/${parts.join('/')}`
}

function findWhiteout(path: string): FileObservation | undefined {
  const slash = path.lastIndexOf('/')
  const [directory, name] = [path.slice(0, slash), path.slice(slash + 1)]
  if (name === '.wh..wh..opq') return { kind: 'opaque', path: directory || '/' }
  if (!name.startsWith('.wh.')) return undefined
  return { kind: 'deleted', path: `${directory}/${name.slice('.wh.'.length)}` }
}

function describe(entry: TarEntry, path: string): PresentFile {
  const { mode, uid, gid, size, linkPath, deviceMajor, deviceMinor, xattrs } = entry
  const type = entry.type === 'hardlink' ? 'file' : (entry.type as FileRecord['type'])
  const capability = xattrs.get('security.capability')
  return {
    kind: 'present',
    path,
    type,
    mode,
    uid,
    gid,
    size: type === 'file' ? size : 0,
    capability: capability ? Buffer.from(capability).toString('base64') : '',
    ...(type === 'symlink' && { linkTarget: linkPath }),
    ...(type.endsWith('device') && { device: `${deviceMajor}:${deviceMinor}` }),
  }
}
