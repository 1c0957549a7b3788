import type { FileObservation } from '../drift/file-observation.ts'
import { RuntimeError } from '../errors.ts'
import type { AttributeReader } from '../ports/attribute-reader.ts'
import type { CollectOptions, DriftCollector } from '../ports/drift-collector.ts'
import type { HashCache } from './hash-cache.ts'
import { nativeAttributes } from './native-attributes.ts'
import { observeEntry } from './observe-entry.ts'
import { createPace } from './pace.ts'
import { isPseudo, type Mount } from './read-mounts.ts'
import { findSilentMounts } from './silent-mounts.ts'
import { overTimeAt, walkTree } from './walk-tree.ts'

/** Options of {@link rootCollector}. */
export interface RootCollectorOptions {
  /** Mounts as the container sees them (`readMounts`). Default none: other devices are recognised all the same. */
  readonly mounts?: readonly Mount[] | undefined
  /** Remembers hashes from one comparison to the next. Default none: everything is read. */
  readonly cache?: HashCache | undefined
  /** How long a mount of a server may take to answer, in milliseconds; one that does not is unknown. Default 3,000. */
  readonly answerTimeoutMs?: number | undefined
  /** Largest file that is hashed, in bytes; a larger one is unknown. Default 8 GiB. */
  readonly maxFileBytes?: number | undefined
  /** Default 2,000,000. */
  readonly maxEntries?: number | undefined
  /** Default: system calls. */
  readonly attributes?: AttributeReader | undefined
}

/**
 * Looks at all files below a directory: `/proc/PID/root`, or an unpacked root file system. Nothing outside of it is reached,
 * whatever links say. Mounts are walked too, but for what the kernel makes up and what may never answer (FUSE, servers that
 * are silent), which is unknown. Linux only.
 */
export function rootCollector(
  root: string,
  {
    mounts = [],
    cache,
    answerTimeoutMs = 3000,
    maxFileBytes = 8 * 1024 ** 3,
    maxEntries,
    attributes = nativeAttributes,
  }: RootCollectorOptions = {},
): DriftCollector {
  return {
    name: 'root',
    coverage: 'tree',
    async *collect({
      baseline,
      timeLimit,
      signal,
    }: CollectOptions): AsyncGenerator<FileObservation, void, undefined> {
      signal?.throwIfAborted()
      const failures: FileObservation[] = []
      const places = new MountedPlaces(mounts)
      let device: bigint | undefined
      const pace = createPace(signal, timeLimit)
      const context = { baseline, attributes, pace, cache, maxFileBytes }
      const entries = walkTree(root, {
        maxEntries,
        avoid: await findSilentMounts(root, mounts, answerTimeoutMs),
        choose: ({ path }) => (!places.isMadeUp(`${path}/`) || places.leadsToReal(path) ? 'enter' : 'skip'),
        onFailure: (failure) => failures.push({ kind: 'unknown', ...failure }),
      })
      try {
        for (const entry of entries) {
          const wait = pace.next()
          if (wait) await wait
          while (failures.length > 0) yield failures.shift()!
          if (pace.isOver) {
            yield overTimeAt('/')
            break
          }
          const { path, stats } = entry
          device ??= stats.dev
          const mounted = places.at(path)
          if (mounted && (stats.isDirectory() || isPseudo(mounted))) {
            const isWalked = !isPseudo(mounted)
            places.enter(mounted)
            yield { kind: 'mounted', path, fileSystem: mounted.type, isWalked }
            continue
          }
          if (!mounted && places.isMadeUp(path)) continue
          // Where nobody says what is mounted: directories of an overlay always have its own device number.
          if (mounts.length === 0 && stats.isDirectory() && stats.dev !== device && !places.of(path))
            places.enter({ path, type: 'unknown', options: new Map() })
          const mount = mounted ? path : places.of(`${path}/`)?.path
          const observation = await observeEntry(entry, mount, context)
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

/** Which mount each path of a walk is on. */
class MountedPlaces {
  readonly #at: ReadonlyMap<string, Mount>
  readonly #real: readonly string[]
  /** Those that were entered and not left yet, the innermost last. */
  readonly #within: Mount[] = []

  constructor(mounts: readonly Mount[]) {
    this.#at = new Map(mounts.filter(({ path }) => path !== '/').map((mount) => [mount.path, mount]))
    this.#real = [...this.#at.values()].filter((mount) => !isPseudo(mount)).map(({ path }) => path)
  }

  at(path: string): Mount | undefined {
    return this.#at.get(path)
  }

  enter(mount: Mount): void {
    this.#leave(mount.path)
    this.#within.push(mount)
  }

  /** The mount that a path lies below; with a slash at its end, also the one that it is. */
  of(path: string): Mount | undefined {
    this.#leave(path)
    return this.#within.at(-1)
  }

  isMadeUp(path: string): boolean {
    const mount = this.of(path)
    return mount !== undefined && isPseudo(mount)
  }

  /** What is mounted below what the kernel makes up is real, and a place to hide: the way there is walked. */
  leadsToReal(path: string): boolean {
    return this.#real.some((place) => place.startsWith(`${path}/`))
  }

  #leave(path: string): void {
    while (this.#within.length > 0 && !path.startsWith(`${this.#within.at(-1)!.path}/`)) this.#within.pop()
  }
}
