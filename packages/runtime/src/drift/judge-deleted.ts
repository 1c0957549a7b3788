import type { FileRecord } from '@sallyport/core'
import type { DriftFinding } from './drift-finding.ts'
import { type ExpectedReason, expectedAt } from './expected-paths.ts'
import { isExecutable } from './judge-file.ts'
import { sensitivityOf } from './sensitive-paths.ts'

/** What it amounts to that files of the image are gone. */
export type DeletedJudgement =
  | { readonly is: 'expected'; readonly reason: ExpectedReason }
  | { readonly is: 'drift'; readonly finding: DriftFinding }

/**
 * Judges a path that is gone with everything below it.
 *
 * @param below What the image has below it, all gone.
 */
export function judgeDeleted(
  gone: FileRecord,
  below: readonly FileRecord[],
  writable: readonly string[],
): DeletedJudgement {
  const matters = [gone, ...below].find(
    (file) => isExecutable(file) || sensitivityOf(file.path) !== undefined,
  )
  const reason = matters ? undefined : expectedAt(gone.path, writable)
  if (reason) return { is: 'expected', reason }
  const sensitive = [gone, ...below]
    .map(({ path }) => sensitivityOf(path))
    .find((found) => found !== undefined)
  return {
    is: 'drift',
    finding: {
      path: gone.path,
      class: sensitive === 'package-database' ? 'package-installed' : 'deleted',
      severity: sensitive ? 'medium' : 'low',
      message:
        below.length > 0
          ? `${gone.path} is gone with ${below.length} paths below it`
          : `${gone.path}, a ${gone.type} of the image, is gone`,
      flags: sensitive ? [sensitive] : [],
      changes: [],
      ...(gone.sha256 !== undefined && { sha256: gone.sha256 }),
      ...(below.length > 0 && { below: below.length }),
    },
  }
}
