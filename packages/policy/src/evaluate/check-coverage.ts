import { distroSupportState } from '@sallyport/inventory'
import type { DecisionReason } from '../decision.ts'
import type { Tier } from '../document/policy.ts'
import type { PolicyFacts } from '../facts.ts'
import { matchGlob } from './match-glob.ts'

/** How far the clock of who made the data may be ahead of ours. */
const clockSkewMs = 3_600_000

/**
 * Finds what was not, or not reliably, judged. This is the one place where a missing answer becomes an `error`
 * reason; a gap that the tier accepts for this image becomes a note.
 */
export function checkCoverage(facts: PolicyFacts, tier: Tier, now: Date): readonly DecisionReason[] {
  return [
    ...facts.failures.map(({ step, code, message }): DecisionReason => ({
      effect: 'error',
      code: 'step-failed',
      message: `${step}: ${code}: ${message}`,
      remedy: 'repair the step and run the promotion again',
    })),
    ...facts.scan.reports.flatMap(({ scanner, status, failure }): DecisionReason[] =>
      status === 'failed'
        ? [
            {
              effect: 'error',
              code: 'step-failed',
              message: `scan by ${scanner.name}: ${failure?.code ?? 'UNEXPLAINED'}: ${failure?.message ?? 'it gave no answer'}`,
              remedy: 'repair the scanner and run the promotion again',
            },
          ]
        : [],
    ),
    ...checkSubjects(facts),
    ...checkVanished(facts),
    ...checkGaps(facts, tier, now),
    ...checkDataAge(facts, tier, now),
  ]
}

function checkSubjects({ subject, inventory, scan }: PolicyFacts): DecisionReason[] {
  const reasons: DecisionReason[] = []
  const check = (what: string, actual: string) => {
    if (actual !== subject) {
      reasons.push({
        effect: 'error',
        code: 'subject-mismatch',
        message: `${what} is about ${actual}, not ${subject}`,
      })
    }
  }
  check('the inventory', inventory.subject)
  check('the scan', scan.subject)
  for (const report of scan.reports) check(`the report of ${report.scanner.name}`, report.subject)
  if (scan.reports.length === 0) {
    reasons.push({
      effect: 'error',
      code: 'no-scan',
      message: 'no scanner gave a report',
      remedy: 'configure at least one scanner',
    })
  }
  return reasons
}

function checkVanished({ vanished = [] }: PolicyFacts): DecisionReason[] {
  return vanished.map(({ id, package: { name, version } }) => ({
    effect: 'error',
    code: 'finding-vanished',
    message: `${id} of ${name} ${version} was found before hardening and is not found now, though the package stayed`,
    remedy: 'run the promotion again; if it stays so, a scanner can not read the hardened image',
  }))
}

function checkGaps({ inventory, scan, destination }: PolicyFacts, tier: Tier, now: Date): DecisionReason[] {
  const gaps: { code: string; message: string }[] = [...inventory.gaps]
  // What one scanner could not cover counts only while no other covered everything.
  if (!scan.reports.some(({ status }) => status === 'complete')) {
    for (const { scanner, status, gaps: own } of scan.reports) {
      if (status === 'failed') continue
      const reported = own.filter(({ code }) => code !== 'INVENTORY_GAP')
      gaps.push(...reported.map(({ code, message }) => ({ code, message: `${scanner.name}: ${message}` })))
      // Gaps of the inventory explain a scanner's only while the inventory names one.
      const explained = reported.length > 0 || (own.length > 0 && inventory.gaps.length > 0)
      if (status !== 'complete' && !explained) {
        gaps.push({ code: 'COVERAGE_UNEXPLAINED', message: `${scanner.name}: the scan is ${status}` })
      }
    }
  }
  if (inventory.packages.length === 0 && inventory.gaps.length === 0) {
    gaps.push({ code: 'NO_PACKAGES', message: 'the inventory names no package' })
  }
  // Even a scanner that judged everything has nothing to tell of a release that gets no advisories any more.
  const { distro } = inventory
  const isToldAlready = gaps.some(({ code }) => code === 'DISTRO_END_OF_LIFE')
  if (distro && !isToldAlready && distroSupportState(distro, now) === 'ended') {
    const message = `${distro.id} ${distro.versionId ?? ''} gets no security updates any more`
    gaps.push({ code: 'DISTRO_END_OF_LIFE', message })
  }
  return gaps.map(({ code, message }) => {
    const accepted = tier.acceptedGaps.find(
      (entry) => entry.code === code && matchGlob(entry.images, destination),
    )
    return accepted
      ? {
          effect: 'note',
          code: 'gap-accepted',
          message: `${code}: ${message} (accepted: ${accepted.reason})`,
        }
      : {
          effect: 'error',
          code: 'coverage-gap',
          message: `${code}: ${message}`,
          remedy: `make the image readable, or accept ${code} for images that you name in the policy`,
        }
  })
}

function checkDataAge({ scan }: PolicyFacts, { maxDataAgeMs }: Tier, now: Date): DecisionReason[] {
  if (maxDataAgeMs === undefined) return []
  const reasons: DecisionReason[] = []
  const stale = (message: string) =>
    reasons.push({ effect: 'error', code: 'data-stale', message, remedy: 'update the vulnerability data' })
  for (const { scanner, data } of scan.reports) {
    if (data.length === 0) stale(`${scanner.name} does not say which data it used`)
    for (const { name, updatedAt } of data) {
      const age = updatedAt === undefined ? Number.NaN : now.getTime() - new Date(updatedAt).getTime()
      if (age < -clockSkewMs) stale(`${scanner.name}: ${name} is of ${updatedAt}, which is still to come`)
      else if (Number.isNaN(age)) stale(`${scanner.name}: ${name} does not say when it was made`)
      else if (age > maxDataAgeMs) {
        stale(
          `${scanner.name}: ${name} is of ${updatedAt}, older than ${Math.round(maxDataAgeMs / 3_600_000)} h`,
        )
      }
    }
  }
  return reasons
}
