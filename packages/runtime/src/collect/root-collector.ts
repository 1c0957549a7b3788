import type { FileObservation } from '../drift/file-observation.ts'
import { RuntimeError } from '../errors.ts'
import type { AttributeReader } from '../ports/attribute-reader.ts'
import type { CollectOptions, DriftCollector } from '../ports/drift-collector.ts'
import type { HashCache } from './hash-cache.ts'
import { nativeAttributes } from './native-attributes.ts'
import { observeEntry } from './observe-entry.ts'
import { createPace } from './pace.ts'
import { isForeign, isPseudo, type Mount } from './read-mounts.ts'
import { walkTree } from './walk-tree.ts'

/** Options of {@link rootCollector}. */
export interface RootCollectorOptions {
  /** Mounts as the container sees them (`readMounts`). Default none: other devices are recognised all the same. */
  readonly mounts?: readonly Mount[] | undefined
  /** Remembers hashes from one comparison to the next. Default none: everything is read. */
  readonly cache?: HashCache | undefined
  /** Largest file that is hashed, in bytes; a larger one is unknown. Default 8 GiB. */
  readonly maxFileBytes?: number | undefined
  /** Default 2,000,000. */
  readonly maxEntries?: number | undefined
  /** Default: system calls. */
  readonly attributes?: AttributeReader | undefined
}

/**
 * Looks at all files below a directory: `/proc/PID/root`, or an unpacked root file system. Nothing outside of it is reached,
 * whatever links say. Mounts are walked too, but for those that the kernel makes up. Linux only.
 */
export function rootCollector(
  root: string,
  {
    mounts = [],
    cache,
    maxFileBytes = 8 * 1024 ** 3,
    maxEntries,
    attributes = nativeAttributes,
  }: RootCollectorOptions = {},
): DriftCollector {
  return {
    name: 'root',
    coverage: 'tree',
    async *collect({ baseline, signal }: CollectOptions): AsyncGenerator<FileObservation, void, undefined> {
      signal?.throwIfAborted()
      const failures: FileObservation[] = []
      const mountAt = new Map(mounts.map((mount) => [mount.path, mount]))
      // Of the directory that is open, and of all above it.
      const within: { readonly path: string; readonly mount: string }[] = []
      const mountOf = (path: string) => {
        while (within.length > 0 && !path.startsWith(`${within.at(-1)!.path}/`)) within.pop()
        return within.at(-1)?.mount
      }
      let device: bigint | undefined
      const pace = createPace(signal)
      const context = { baseline, attributes, pace, cache, maxFileBytes }
      const entries = walkTree(root, {
        maxEntries,
        choose: ({ path }) => {
          const mount = mountAt.get(path)
          return path !== '/' && mount && (isPseudo(mount) || isForeign(mount)) ? 'skip' : 'enter'
        },
        onFailure: (failure) => failures.push({ kind: 'unknown', ...failure }),
      })
      try {
        for (const entry of entries) {
          const wait = pace.next()
          if (wait) await wait
          while (failures.length > 0) yield failures.shift()!
          const { path, stats } = entry
          device ??= stats.dev
          const inherited = mountOf(path)
          const mounted = path === '/' ? undefined : mountAt.get(path)
          if (mounted && stats.isDirectory()) {
            if (isForeign(mounted)) {
              const message = `${path} is a ${mounted.type} mount, of which a program says what it holds`
              yield { kind: 'unknown', path, reason: 'unreadable', message }
              continue
            }
            const isWalked = !isPseudo(mounted)
            yield { kind: 'mounted', path, fileSystem: mounted.type, isWalked }
            if (isWalked) within.push({ path, mount: path })
            continue
          }
          // Directories of an overlay always have its own device number, so this is another file system.
          if (stats.isDirectory() && inherited === undefined && stats.dev !== device && path !== '/')
            within.push({ path, mount: path })
          const observation = await observeEntry(entry, mounted ? path : mountOf(`${path}/`), context)
          if (observation) yield observation
        }
      } catch (cause) {
        signal?.throwIfAborted()
        if (cause instanceof Error && 'code' in cause && device === undefined)
          throw new RuntimeError('CONTAINER_UNAVAILABLE', `${root} can not be read: ${String(cause.code)}`, {
            cause,
            subject: root,
          })
        throw cause
      }
      yield* failures
    },
  }
}
