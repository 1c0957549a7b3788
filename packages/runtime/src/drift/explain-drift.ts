import type { DriftReport } from './drift-report.ts'

/** Options of {@link explainDrift}. */
export interface ExplainDriftOptions {
  /** Most lines of each kind. Default 20. */
  readonly maxLines?: number | undefined
}

/** A report as text for people, the worst first. Names from the container are quoted where they hold odd characters. */
export function explainDrift(report: DriftReport, { maxLines = 20 }: ExplainDriftOptions = {}): string {
  const { verdict, subject, files, processes, unknown, allowed, expected, omitted, seen, collector } = report
  const name = subject.name ?? 'the container'
  const against = subject.image === undefined ? '' : ` with ${subject.image}`
  const lines = [
    `${verdict}: ${printable(name)} compared${against}: ${seen.files} files by ${collector}, ${seen.processes} processes`,
  ]
  const list = (all: readonly string[], more = 0) => {
    for (const line of all.slice(0, maxLines)) lines.push(`  ${printable(line)}`)
    const left = Math.max(0, all.length - maxLines) + more
    if (left > 0) lines.push(`  … and ${left} more`)
  }
  list(processes.map(({ severity, problem, message }) => `${severity} ${problem}: ${message}`))
  list(
    files.map(
      ({ severity, class: kind, message, movedFrom, sameAs, pids }) =>
        `${severity} ${kind}: ${message}${movedFrom ? `; it was ${movedFrom}` : sameAs ? `; it is the same as ${sameAs}` : ''}${pids ? `; run by ${pids.join(', ')}` : ''}`,
    ),
    omitted.findings,
  )
  list(
    unknown.map((one) => `unknown: ${'pid' in one ? `process ${one.pid}: ` : ''}${one.message}`),
    omitted.unknown,
  )
  list(allowed.map(({ reason, count, examples }) => `allowed: ${count}, ${reason}: ${examples.join(', ')}`))
  const counts = expected.map(({ reason, count }) => `${count} ${reason}`)
  if (counts.length > 0) lines.push(`  expected: ${counts.join(', ')}`)
  return `${lines.join('\n')}\n`
}

/** Who made a file named it: nothing of that may steer a terminal or add a line. */
const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (odd) => `\\u{${odd.codePointAt(0)!.toString(16)}}`)
