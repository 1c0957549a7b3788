import type { Digest, Platform } from '@sallyport/core'
import { ScanError } from '../errors.ts'
import type { ScanTarget } from '../ports/scanner.ts'

/**
 * Refuses a target whose inventory is of another image or platform: the answer would be about that one.
 *
 * @throws {ScanError} `SUBJECT_MISMATCH`.
 */
export function checkTarget({ subject, platform, inventory }: ScanTarget, scanner: string): void {
  const asked = describeSubject(subject, platform)
  const given = describeSubject(inventory.subject, inventory.platform)
  if (asked !== given) {
    throw new ScanError('SUBJECT_MISMATCH', `asked for ${asked}, the inventory is of ${given}`, { scanner })
  }
}

/** An image and its platform, without the variant, which scanners leave out or fill in. */
export function describeSubject(subject: Digest, { os, architecture }: Platform): string {
  return `${subject} of ${os}/${architecture}`
}
