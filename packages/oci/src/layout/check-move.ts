import type { Digest } from '@sallyport/core'
import { checkExpected } from '../manifest/check-expected.ts'
import type { PutManifestOptions } from '../ports/repository.ts'
import { findTag, type LayoutIndex } from './layout-index.ts'

/**
 * Checks that a tag may be moved to a manifest. One that is there already need not move, whoever moved it: of two that
 * write the same, neither fails.
 *
 * @throws {OciError} `TAG_CONFLICT` when the tag is neither there nor where it is expected.
 */
export function checkMove(
  name: string,
  index: LayoutIndex,
  tag: string,
  to: Digest,
  expected: PutManifestOptions['expected'],
): void {
  const current = findTag(index, tag, name)?.digest
  if (current !== to) checkExpected(name, tag, current, expected)
}
