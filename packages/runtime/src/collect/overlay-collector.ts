import { decodeName } from '@sallyport/image'
import type { FileObservation } from '../drift/file-observation.ts'
import { parentOf } from '../drift/file-baseline.ts'
import { RuntimeError } from '../errors.ts'
import type { AttributeReader } from '../ports/attribute-reader.ts'
import type { CollectOptions, DriftCollector } from '../ports/drift-collector.ts'
import type { HashCache } from './hash-cache.ts'
import { nativeAttributes } from './native-attributes.ts'
import { observeEntry } from './observe-entry.ts'
import { createPace } from './pace.ts'
import { seesTrustedAttributes } from './trusted-attributes.ts'
import { overTimeAt, type WalkedEntry, walkTree } from './walk-tree.ts'

/** Options of {@link overlayCollector}. */
export interface OverlayCollectorOptions {
  /**
   * Whether the mount has the option `userxattr` (rootless containers), which keeps its marks in `user.overlay.*`. Default
   * `false`: in `trusted.overlay.*`, which only CAP_SYS_ADMIN can read.
   */
  readonly userAttributes?: boolean | undefined
  /** Whether fuse-overlayfs wrote it, which may mark what is gone by `.wh.` files. Default `false`. */
  readonly fuse?: boolean | undefined
  /** Hashes that are remembered. Default: everything is read. */
  readonly cache?: HashCache | undefined
  /** Largest file that is hashed, in bytes; a larger one is unknown. Default 8 GiB. */
  readonly maxFileBytes?: number | undefined
  /** Default 2,000,000. */
  readonly maxEntries?: number | undefined
  /** Default: system calls. */
  readonly attributes?: AttributeReader | undefined
  /** Whether `trusted.*` attributes can be seen. Default: asked of the kernel. */
  readonly seesTrusted?: boolean | undefined
}

const whiteoutPrefix = '.wh.'
const fuseOpaque = '.wh..wh..opq'

/**
 * Looks at the upper directory of an overlay file system: only what was written, which is fast. The lower ones are the
 * image, which the file manifest stands for. What is gone, hidden, renamed, or copied up without its content is understood
 * (Documentation/filesystems/overlayfs.rst of the kernel).
 */
export function overlayCollector(
  upper: string,
  {
    userAttributes = false,
    fuse = false,
    cache,
    maxFileBytes = 8 * 1024 ** 3,
    maxEntries,
    attributes = nativeAttributes,
    seesTrusted,
  }: OverlayCollectorOptions = {},
): DriftCollector {
  const prefix = userAttributes ? 'user.overlay.' : 'trusted.overlay.'
  return {
    name: 'overlay',
    coverage: 'changes',
    async *collect({
      baseline,
      timeLimit,
      signal,
    }: CollectOptions): AsyncGenerator<FileObservation, void, undefined> {
      signal?.throwIfAborted()
      if (!userAttributes && !(seesTrusted ?? seesTrustedAttributes())) {
        const message = 'without CAP_SYS_ADMIN directories that hide what is below them are not recognised'
        yield { kind: 'unknown', path: '/', reason: 'attributes-unreadable', message }
      }
      const failures: FileObservation[] = []
      const pace = createPace(signal, timeLimit)
      const context = { baseline, attributes, pace, cache, maxFileBytes }
      const entries = walkTree(upper, {
        maxEntries,
        onFailure: (failure) => failures.push({ kind: 'unknown', ...failure }),
      })
      let isOpen = false
      try {
        for (const entry of entries) {
          isOpen = true
          const wait = pace.next()
          if (wait) await wait
          while (failures.length > 0) yield failures.shift()!
          if (pace.isOver) {
            yield overTimeAt('/')
            break
          }
          const gone = findWhiteout(entry, fuse)
          if (gone) {
            yield gone
            continue
          }
          const marks = readMarks(entry, attributes, prefix)
          if (marks === undefined) {
            const { path } = entry
            yield {
              kind: 'unknown',
              path,
              reason: 'attributes-unreadable',
              message: `the attributes of ${path} can not be read`,
            }
            continue
          }
          yield* await observe(entry, marks)
        }
      } catch (cause) {
        signal?.throwIfAborted()
        if (cause instanceof Error && 'code' in cause && !isOpen)
          throw new RuntimeError('CONTAINER_UNAVAILABLE', `${upper} can not be read: ${String(cause.code)}`, {
            cause,
            subject: upper,
          })
        throw cause
      }
      yield* failures

      async function observe(entry: WalkedEntry, marks: Marks): Promise<readonly FileObservation[]> {
        const { path, stats } = entry
        const told: FileObservation[] = []
        if (stats.isDirectory()) {
          if (marks.opaque === 'y') told.push({ kind: 'opaque', path })
          if (marks.redirect !== undefined) {
            const { redirect } = marks
            const from = redirect.startsWith('/')
              ? redirect
              : `${parentOf(path) === '/' ? '' : parentOf(path)}/${redirect}`
            told.push({ kind: 'redirected', path, from })
          }
        }
        if (stats.isFile()) {
          if (marks.isWhiteout && stats.size === 0n) return [{ kind: 'deleted', path }]
          if (marks.isMetacopy) return [await observeMetacopy(entry, marks)]
        }
        const observation = await observeEntry(entry, undefined, context)
        return observation ? [...told, observation] : told
      }

      /** Only mode and owner were copied up; the content is still that of the image. */
      async function observeMetacopy(entry: WalkedEntry, { redirect }: Marks): Promise<FileObservation> {
        const { path } = entry
        const observation = await observeEntry(entry, undefined, { ...context, cache: undefined })
        const from =
          redirect === undefined
            ? path
            : redirect.startsWith('/')
              ? redirect
              : `${parentOf(path)}/${redirect}`
        const content = baseline.get(from.replace(/^\/\//, '/'))
        if (observation?.kind !== 'present' || content?.sha256 === undefined)
          return {
            kind: 'unknown',
            path,
            reason: 'unreadable',
            message: `the content of ${path} is in a layer that is not known`,
          }
        return { ...observation, size: content.size, sha256: content.sha256, magic: content.magic }
      }
    },
  }
}

/** Marks that overlayfs leaves on what it wrote. */
interface Marks {
  readonly opaque?: string | undefined
  readonly redirect?: string | undefined
  readonly isMetacopy: boolean
  readonly isWhiteout: boolean
}

function readMarks(
  { access, stats }: WalkedEntry,
  attributes: AttributeReader,
  prefix: string,
): Marks | undefined {
  // Links and devices carry none.
  if (!stats.isDirectory() && !stats.isFile()) return { isMetacopy: false, isWhiteout: false }
  if (typeof access !== 'string') return undefined
  const names = attributes.list(access)
  if (names === undefined) return undefined
  const read = (name: string) => {
    if (!names.includes(prefix + name)) return undefined
    const value = attributes.get(access, prefix + name)
    return value && decodeName(value)
  }
  const fuseIsOpaque = names.includes('user.fuseoverlayfs.opaque') ? 'y' : undefined
  return {
    opaque: read('opaque') ?? fuseIsOpaque,
    redirect: read('redirect'),
    isMetacopy: names.includes(`${prefix}metacopy`),
    isWhiteout: names.includes(`${prefix}whiteout`),
  }
}

function findWhiteout({ path, stats }: WalkedEntry, fuse: boolean): FileObservation | undefined {
  if (stats.isCharacterDevice() && stats.rdev === 0n) return { kind: 'deleted', path }
  if (!fuse || !stats.isFile() || stats.size !== 0n) return undefined
  const name = path.slice(path.lastIndexOf('/') + 1)
  const directory = parentOf(path)
  if (name === fuseOpaque) return { kind: 'opaque', path: directory }
  if (!name.startsWith(whiteoutPrefix)) return undefined
  return {
    kind: 'deleted',
    path: `${directory === '/' ? '' : directory}/${name.slice(whiteoutPrefix.length)}`,
  }
}
