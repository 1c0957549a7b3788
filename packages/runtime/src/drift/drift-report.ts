import type { Digest, Verdict } from '@sallyport/core'
import type { ProcessFinding } from '../processes/judge-processes.ts'
import type { UnknownProcess } from '../processes/observed-process.ts'
import { type AllowedCount, type AllowedDrift, siftAllowed } from './allowed-drift.ts'
import type { ExpectedCount, FileComparison } from './compare-files.ts'
import { type DriftFinding, type DriftSeverity, isAtLeast } from './drift-finding.ts'
import type { UnknownFile } from './file-observation.ts'

/** What a comparison of a container with its image came to. Plain JSON. */
export interface DriftReport {
  /** Names this form, with its version. */
  readonly schema: 'https://sallyport.dev/schemas/drift-report/v1'
  /**
   * `clean`: all was read, and nothing differs that matters. `drifted`: something does, whatever could not be read.
   * `unknown`: nothing that was read does, but not all could be.
   */
  readonly verdict: 'clean' | 'drifted' | 'unknown'
  /** The same in the words of decisions: `clean` is `pass`, `drifted` is `fail`, `unknown` is `error`. */
  readonly decision: Verdict
  /** What was compared. */
  readonly subject: DriftSubject
  /** ISO 8601 time. */
  readonly checkedAt: string
  /** How files were looked at. */
  readonly collector: string
  /** Files that were looked at, and processes. */
  readonly seen: { readonly files: number; readonly processes: number; readonly endedProcesses: number }
  /** Findings at least this bad make it `drifted`. */
  readonly failOn: DriftSeverity
  /** Files that differ, the worst first. */
  readonly files: readonly DriftFinding[]
  /** Processes that run what is not of the image. */
  readonly processes: readonly ProcessFinding[]
  /** What is not of the image and was allowed by the caller, counted by reason. */
  readonly allowed: readonly AllowedCount[]
  /** What differs as it should, counted by reason. */
  readonly expected: readonly ExpectedCount[]
  /** What could not be read. */
  readonly unknown: readonly (UnknownFile | UnknownProcess)[]
  /** What was found and left out of the lists. */
  readonly omitted: FileComparison['omitted']
}

/** A container and the image it should be. */
export interface DriftSubject {
  /** For people: name of the container, the Pod, or the like. */
  readonly name?: string | undefined
  /** The image's manifest for the container's platform; absent when nobody could tell. */
  readonly image?: Digest | undefined
}

/** What {@link buildDriftReport} puts together. */
export interface DriftReportParts {
  /** What was compared. */
  readonly subject: DriftSubject
  /** When it was compared. */
  readonly checkedAt: Date
  /** Name of the collector. */
  readonly collector: string
  /** How the files differ. */
  readonly comparison: FileComparison
  /** What was found of processes; absent when they were not looked at. */
  readonly processes?: {
    readonly findings: readonly ProcessFinding[]
    readonly unknown: readonly UnknownProcess[]
    readonly seen: number
    readonly ended: number
  }
  /** From which severity on it is drift. Default `minor`. */
  readonly failOn?: DriftSeverity | undefined
  /** Default none. */
  readonly allowed?: readonly AllowedDrift[] | undefined
}

/** Puts a report together. What runs is as bad as it gets, so its file is too. */
export function buildDriftReport({
  subject,
  checkedAt,
  collector,
  comparison,
  processes = { findings: [], unknown: [], seen: 0, ended: 0 },
  failOn = 'minor',
  allowed = [],
}: DriftReportParts): DriftReport {
  const sifted = siftAllowed(comparison.findings, processes.findings, allowed)
  const files = raiseExecuted(sifted.files, sifted.processes)
  const unknown = [...comparison.unknown, ...processes.unknown]
  const hasDrift = [...files, ...sifted.processes].some(({ severity }) => isAtLeast(severity, failOn))
  // Behind very much that is allowed something may be left out that is not.
  const isCrowded = sifted.allowed.length > 0 && comparison.omitted.findings > 0
  const isIncomplete = unknown.length > 0 || comparison.omitted.unknown > 0 || isCrowded
  const verdict = hasDrift ? 'drifted' : isIncomplete ? 'unknown' : 'clean'
  return {
    schema: 'https://sallyport.dev/schemas/drift-report/v1',
    verdict,
    decision: verdict === 'clean' ? 'pass' : verdict === 'drifted' ? 'fail' : 'error',
    subject,
    checkedAt: checkedAt.toISOString(),
    collector,
    seen: { files: comparison.seen, processes: processes.seen, endedProcesses: processes.ended },
    failOn,
    files,
    processes: sifted.processes,
    allowed: sifted.allowed,
    expected: comparison.expected,
    unknown,
    omitted: comparison.omitted,
  }
}

function raiseExecuted(
  files: readonly DriftFinding[],
  processes: readonly ProcessFinding[],
): readonly DriftFinding[] {
  const running = Map.groupBy(processes, ({ path }) => path)
  const raised = files.map((file): DriftFinding => {
    const by = running.get(file.path)?.filter(({ severity }) => severity === 'critical')
    if (!by?.length) return file
    return { ...file, severity: 'critical', pids: [...new Set(by.map(({ pid }) => pid))] }
  })
  return [
    ...raised.filter(({ severity }) => severity === 'critical'),
    ...raised.filter(({ severity }) => severity !== 'critical'),
  ]
}
