import { lstatSync } from 'node:fs'
import { z } from 'zod'
import type { FileObservation } from '../drift/file-observation.ts'
import { RuntimeError } from '../errors.ts'
import type { AttributeReader } from '../ports/attribute-reader.ts'
import type { CollectOptions, DriftCollector } from '../ports/drift-collector.ts'
import { nativeAttributes } from './native-attributes.ts'
import { observeEntry } from './observe-entry.ts'
import { openInside } from './open-inside.ts'
import { createPace } from './pace.ts'
import { overTimeAt, toFailure } from './walk-tree.ts'

const kinds = { 0: 'modified', 1: 'added', 2: 'deleted' } as const
const letters = { C: 'modified', A: 'added', D: 'deleted' } as const
const change = z.object({
  Path: z.string().startsWith('/').max(65_536),
  Kind: z.union([z.literal(0), z.literal(1), z.literal(2)]),
})

/** A path that an engine says differs from the image; not how. */
export interface NamedChange {
  /** The path. */
  readonly path: string
  /** What the engine says happened to it. */
  readonly change: 'modified' | 'added' | 'deleted'
}

/**
 * Reads the answer of `GET /containers/ID/changes` (Docker Engine API), where `null` is none; or the lines that `docker diff`
 * and `podman diff` print.
 *
 * @throws {RuntimeError} `OPTIONS_INVALID` when it is neither.
 */
export function parseChanges(document: unknown): readonly NamedChange[] {
  if (typeof document === 'string') {
    return document
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [letter = '', path = ''] = [line[0], line.slice(2)]
        if (!(letter in letters) || line[1] !== ' ' || !path.startsWith('/')) throw invalid()
        return { path, change: letters[letter as keyof typeof letters] }
      })
  }
  const parsed = z.array(change).nullable().safeParse(document)
  if (!parsed.success) throw invalid()
  return (parsed.data ?? []).map(({ Path, Kind }) => ({ path: Path, change: kinds[Kind] }))
}

const invalid = () => new RuntimeError('OPTIONS_INVALID', 'not a list of changes of a container')

/** Options of {@link changesCollector}. */
export interface ChangesCollectorOptions {
  /** Root of the container, e.g. `/proc/PID/root`, where what is named is read. Default none: what is named is unknown. */
  readonly root?: string | undefined
  /** Largest file that is hashed, in bytes; a larger one is unknown. Default 8 GiB. */
  readonly maxFileBytes?: number | undefined
  /** Default: system calls. */
  readonly attributes?: AttributeReader | undefined
}

/** Looks at what an engine says has changed. A list of names says nothing about content, so without `root` it is unknown. */
export function changesCollector(
  changes: readonly NamedChange[],
  { root, maxFileBytes = 8 * 1024 ** 3, attributes = nativeAttributes }: ChangesCollectorOptions = {},
): DriftCollector {
  return {
    name: 'changes',
    coverage: 'changes',
    async *collect({
      baseline,
      timeLimit,
      signal,
    }: CollectOptions): AsyncGenerator<FileObservation, void, undefined> {
      const context = { baseline, attributes, pace: createPace(signal, timeLimit), maxFileBytes }
      for (const { path, change: kind } of changes) {
        signal?.throwIfAborted()
        if (context.pace.isOver) {
          yield overTimeAt(path)
          continue
        }
        if (kind === 'deleted') {
          yield { kind: 'deleted', path }
          continue
        }
        if (root === undefined) {
          // A directory is named when something in it differs.
          if (kind === 'modified' && baseline.get(path)?.type === 'directory') continue
          yield { kind: 'named', path, change: kind }
          continue
        }
        const slash = path.lastIndexOf('/')
        try {
          // The directory through its links, the name as it is.
          const seen = await openInside(root, path.slice(0, slash) || '/', async (access) => {
            const own = `${access}/${path.slice(slash + 1)}`
            return observeEntry(
              { path, access: own, stats: lstatSync(own, { bigint: true }) },
              undefined,
              context,
            )
          })
          if (seen) yield seen
        } catch (error) {
          const failure = toFailure(path, error)
          yield failure
            ? { kind: 'unknown', ...failure }
            : { kind: 'unknown', path, reason: 'changed-while-read', message: `${path} is gone by now` }
        }
      }
    },
  }
}
