import type { Suppression } from '@sallyport/scan'
import type { JudgedFinding } from './judged-finding.ts'
import { parseSourceDate } from './parse-instant.ts'

/** Whether somebody chose to trust who says it. What only a scanner set aside counts. */
export const isTrusted = (suppression: Suppression | undefined): boolean =>
  suppression?.kind === 'vex' || suppression?.kind === 'waiver'

/** Whether what is said still holds; an expiry that can't be read has passed. */
export function isInForce({ expires }: Suppression, now: Date): boolean {
  return expires === undefined || now.getTime() < parseSourceDate(expires)
}

/** Whether somebody who is trusted takes a weakness out of the count, now. */
export function isSetAside(suppression: Suppression | undefined, now: Date): boolean {
  return suppression !== undefined && isTrusted(suppression) && isInForce(suppression, now)
}

/** Whether a finding counts: neither a waiver nor anybody who is trusted took it out. */
export function isCounted({ waivedBy, suppressed }: JudgedFinding): boolean {
  return waivedBy === undefined && !isTrusted(suppressed)
}
