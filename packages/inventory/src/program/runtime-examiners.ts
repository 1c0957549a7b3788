import { type ContentSums, hashContent } from '../content-sums.ts'
import type { FileCandidate, FileExaminer } from '../files/image-files.ts'
import { isProgramCandidate } from './program-examiner.ts'
import { type KnownRuntime, knownRuntimes } from './known-runtimes.ts'
import { readVersionMarks } from './read-version-marks.ts'

/** What a file tells of a runtime. */
export interface RuntimeMarks {
  readonly versions: readonly string[]
  /** Of the whole file. */
  readonly sums: ContentSums
}

/** A runtime, and what looks for its marks. */
export interface RuntimeExaminer {
  readonly runtime: KnownRuntime
  readonly examiner: FileExaminer<RuntimeMarks>
}

/**
 * One examiner a runtime: which marks are looked for depends on the file's name, and what one examiner finds must not.
 * Only files of these few names are read whole.
 */
export const runtimeExaminers: readonly RuntimeExaminer[] = knownRuntimes.map((runtime) => {
  const isNamed = matchNames(runtime.files)
  return {
    runtime,
    examiner: {
      name: `version-mark-${runtime.name}`,
      version: 2,
      selects: (file: FileCandidate) => isNamed(file.path) && isProgramCandidate(file),
      async examine(content, { signal }) {
        const versions = await readVersionMarks(content, runtime.marks, signal)
        return versions && { versions, sums: await hashContent(content, { signal }) }
      },
    },
  }
})

function matchNames(names: readonly string[]): (path: string) => boolean {
  const exact = names.filter((name) => !name.endsWith('*')).map((name) => `/${name}`)
  const starts = names.filter((name) => name.endsWith('*')).map((name) => `/${name.slice(0, -1)}`)
  return (path) =>
    exact.some((name) => path.endsWith(name)) ||
    starts.some((start) => path.startsWith(start, path.lastIndexOf('/')))
}
