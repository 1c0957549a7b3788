import { isCve } from '../advisories/advisory-ids.ts'
import type { Finding } from '../finding.ts'

/**
 * Ids of what a finding is, each of which must be spoken for to take it out of the count: its CVEs where scanners or
 * advisories joined several into one, else its id, for which each of its aliases stands.
 */
export function vulnerabilitiesOf({ id, aliases }: Pick<Finding, 'id' | 'aliases'>): readonly string[] {
  const cves = [...new Set([id, ...aliases].map((one) => one.toUpperCase()).filter(isCve))]
  return cves.length > 1 ? cves : [id]
}
