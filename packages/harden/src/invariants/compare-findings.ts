import type { Finding } from '@sallyport/scan'
import type { Violation } from './invariant.ts'

/** The part of a finding that tells which one it is. */
export type ComparedFinding = Pick<Finding, 'id' | 'aliases'> & {
  readonly package: Pick<Finding['package'], 'type' | 'name' | 'path' | 'purl'>
}

/**
 * I10: each finding in the image after is one of the control's: the same vulnerability, under any of its ids, in the same
 * package, whatever its version. A rewrite that makes a scanner see more has broken what it saw by.
 */
export function compareFindings(
  control: readonly ComparedFinding[],
  after: readonly ComparedFinding[],
): readonly Violation[] {
  const known = new Set(control.flatMap(keysOf))
  return after
    .filter((finding) => !keysOf(finding).some((key) => known.has(key)))
    .map(({ id, package: { purl, path } }) => ({
      message: `${id} in ${purl} is not found in the control image`,
      package: purl,
      at: path,
    }))
}

function keysOf({ id, aliases, package: { type, name } }: ComparedFinding): readonly string[] {
  return [id, ...aliases].map((one) => JSON.stringify([one, type, name]))
}
