import { styleText } from 'node:util'
import { formatPlatform } from '@sallyport/core'
import type { PlatformSummary, PromotionOutcome, PromotionProgress } from '@sallyport/gate'
import { explain, formatChain, type JudgedFinding } from '@sallyport/policy'
import type { Finding, Severity } from '@sallyport/scan'

const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown']
const out = (line = '') => process.stdout.write(`${line}\n`)

/** A heading between the parts of the demo. */
export function printHeading(text: string): void {
  out()
  out(styleText('bold', text))
}

/** One plain line. */
export function printLine(text: string): void {
  out(`  ${text}`)
}

/** One line for each step that ended. */
export function printProgress(progress: PromotionProgress): void {
  if (progress.type !== 'step-finished') return
  const { step, platform, durationMs, summary } = progress
  const where = platform ? ` ${formatPlatform(platform)}` : ''
  out(
    `  ${styleText('green', '✓')} ${step.padEnd(10)}${summary}${styleText('dim', `${where}  ${durationMs} ms`)}`,
  )
}

/** Everything that a person wants to know of a promotion. */
export function printOutcome(outcome: PromotionOutcome): void {
  for (const platform of outcome.platforms) {
    printComparison(platform)
    printWhereFindingsWent(platform)
  }
  switch (outcome.verdict) {
    case 'pass':
      printAttached(outcome)
      break
    case 'fail':
      printHeading('Why it was stopped')
      out(indent(explain(outcome.decision)))
      printHeading('Quarantine')
      printLine(`record ${outcome.quarantine.id}; nothing of the image reached the production registry`)
      break
    case 'error':
      printHeading('It could not be judged or promoted')
      printLine(styleText('red', `${outcome.error.code}: ${outcome.error.message}`))
      if (outcome.quarantine) printLine(`record ${outcome.quarantine.id}`)
      break
  }
}

function printComparison({ platform, before, after }: PlatformSummary): void {
  printHeading(`Before and after, ${formatPlatform(platform)}`)
  const row = (name: string, one: number | string, other: number | string) =>
    printLine(`${name.padEnd(22)}${String(one).padStart(12)}${String(other).padStart(12)}`)
  const count = (findings: readonly Finding[], severity: Severity) =>
    findings.filter((finding) => finding.severity === severity).length
  row('', 'before', 'after')
  row('packages', before.packages, after.packages)
  for (const severity of severities) {
    const numbers = [count(before.findings, severity), count(after.findings, severity)] as const
    if (numbers[0] + numbers[1] > 0) row(`${severity} findings`, ...numbers)
  }
  row('compressed KiB', Math.round(before.bytes / 1024), Math.round(after.bytes / 1024))
}

function printWhereFindingsWent({ before, decision, hardening }: PlatformSummary): void {
  printHeading('Where each finding went')
  const removed = new Set(hardening?.removed.map(({ purl }) => purl))
  const judged = new Map(decision.findings.map((finding) => [`${finding.id} ${finding.purl}`, finding]))
  for (const finding of [...before.findings].sort(bySeverity)) {
    const { id, severity, package: found } = finding
    const stays = judged.get(`${id} ${found.purl}`)
    const fate = stays ? describeStay(stays) : removed.has(found.purl) ? 'removed with its package' : 'gone'
    printLine(`${severity.padEnd(11)}${id.padEnd(18)}${found.name} ${found.version}: ${fate}`)
  }
  if (before.findings.length === 0) printLine('there was none')
}

function describeStay({ usage, chain, keptBy, waivedBy, fix }: JudgedFinding): string {
  const why = chain.length > 0 ? `${usage}: ${formatChain(chain)}` : (keptBy ?? usage)
  const fixed = fix.versions.length > 0 ? `, fixed in ${fix.versions.join(', ')}` : `, ${fix.state}`
  return `${waivedBy ? `waived by ${waivedBy}` : 'kept'} (${why}${fixed})`
}

function printAttached(outcome: Extract<PromotionOutcome, { verdict: 'pass' }>): void {
  printHeading('Promoted')
  printLine(styleText('green', `${outcome.target}@${outcome.digest}`))
  printLine(`from ${outcome.sourceDigest}${outcome.changed ? '' : ' (nothing had to change)'}`)
  printHeading('Attached, signed, read back from the target and verified')
  for (const { predicateType, subject, pieces } of outcome.evidence) {
    const places = pieces.map(({ store, manifest }) => `${manifest.slice(0, 19)}… (${store})`)
    printLine(`${predicateType.padEnd(48)} of ${subject.slice(0, 19)}…  in ${places.join(' and ')}`)
  }
}

const bySeverity = (one: Finding, other: Finding) =>
  severities.indexOf(one.severity) - severities.indexOf(other.severity) || one.id.localeCompare(other.id)

const indent = (text: string) => text.replaceAll(/^/gm, '  ')
