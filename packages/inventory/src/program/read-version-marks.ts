import type { FileContent } from '../files/image-files.ts'
import { readChunks } from '../files/read-chunks.ts'
import { programKind } from './read-layout.ts'

/** Where a version stands in a program: near a text that does not change. */
export interface VersionMark {
  /** Text of latin letters, looked for as it is. */
  readonly anchor: string
  /** Finds the version, its first group, in the bytes around the anchor (as latin1). Its work must be bounded. */
  readonly pattern: RegExp
  /** Bytes before the anchor that the pattern may see, at most 256. Default none. */
  readonly before?: number | undefined
}

const windowBytes = 128
const maxBefore = 256
/** So that a file made of anchors takes no time. */
const maxWindows = 10_000
const maxVersions = 8

/**
 * Looks for version marks in a program as it streams by. Gives the different versions in the order of the marks, then
 * of the bytes; `undefined` when it is no program, or holds none.
 */
export async function readVersionMarks(
  content: FileContent,
  marks: readonly VersionMark[],
  signal?: AbortSignal,
): Promise<readonly string[] | undefined> {
  const found = marks.map(() => new Set<string>())
  const anchors = marks.map(({ anchor }) => Buffer.from(anchor, 'latin1'))
  const overlap = maxBefore + windowBytes + Math.max(...anchors.map(({ length }) => length))
  let windows = 0
  let isFirst = true
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of readChunks(content, signal)) {
    const bytes = Buffer.concat([rest, chunk])
    if (isFirst && programKind(bytes) === undefined) return undefined
    isFirst = false
    for (const [index, { pattern, before = 0 }] of marks.entries()) {
      const anchor = anchors[index]!
      for (let at = bytes.indexOf(anchor); at >= 0; at = bytes.indexOf(anchor, at + 1)) {
        if (++windows > maxWindows) return toList(found)
        const window = bytes.toString('latin1', Math.max(0, at - before), at + anchor.length + windowBytes)
        const version = pattern.exec(window)?.[1]
        if (version !== undefined && found[index]!.size < maxVersions) found[index]!.add(version)
      }
    }
    // A mark across the end of a chunk is seen again whole with the next.
    rest = bytes.subarray(Math.max(0, bytes.length - overlap))
  }
  return toList(found)
}

function toList(found: readonly ReadonlySet<string>[]): readonly string[] | undefined {
  const versions = [...new Set(found.flatMap((some) => [...some]))].slice(0, maxVersions)
  return versions.length === 0 ? undefined : versions
}
