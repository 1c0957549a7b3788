import { type Clock, type Digest, systemClock } from '@sallyport/core'
import type { HashCache } from './collect/hash-cache.ts'
import { readMounts } from './collect/read-mounts.ts'
import { rootCollector } from './collect/root-collector.ts'
import { type AllowedDrift, checkAllowed } from './drift/allowed-drift.ts'
import { createFileComparer } from './drift/compare-files.ts'
import type { DriftSeverity } from './drift/drift-finding.ts'
import { buildDriftReport, type DriftReport } from './drift/drift-report.ts'
import type { FileBaseline } from './drift/file-baseline.ts'
import { RuntimeError } from './errors.ts'
import type { DriftCollector } from './ports/drift-collector.ts'
import { judgeProcesses } from './processes/judge-processes.ts'
import { observeProcesses } from './processes/observe-processes.ts'

/** Options of {@link checkDrift}. */
export interface CheckDriftOptions {
  /** The files of the image, from `readBaseline`. */
  readonly baseline: FileBaseline
  /** Any process of the container. Without it only files are compared, and a collector is needed. */
  readonly pid?: number | undefined
  /** How files are looked at. Default: all of the root file system of `pid`. */
  readonly collector?: DriftCollector | undefined
  /** Paths that the workload writes to; executables there are drift all the same. Default none. */
  readonly writable?: readonly string[] | undefined
  /** What is not of the image and may be there or run all the same; it is counted by its reason. Default none. */
  readonly allowed?: readonly AllowedDrift[] | undefined
  /** `Env` of the image's configuration: a preloaded library that it names is no finding. Default none. */
  readonly environment?: readonly string[] | undefined
  /** Findings at least this bad make it `drifted`. Default `minor`: everything but metadata. */
  readonly failOn?: DriftSeverity | undefined
  /** Remembers hashes from one check to the next; see its limits. Default none. */
  readonly cache?: HashCache | undefined
  /**
   * How long it may take, in milliseconds: what was not looked at by then is unknown. Files without end must not hold up who
   * checks one container after the other. Default 600,000.
   */
  readonly timeLimitMs?: number | undefined
  /** Where a `proc` file system shows the container's processes. Default `/proc`. */
  readonly procDirectory?: string | undefined
  /** Most findings of each severity that are told. Default 1,000. */
  readonly maxFindings?: number | undefined
  /** For the report. */
  readonly name?: string | undefined
  /** For the report: the image's digest. */
  readonly image?: Digest | undefined
  /** Time of the report. Default: the system's. */
  readonly clock?: Clock | undefined
  /** Ends the comparison; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Compares a running container with its image: its files, and what its processes run. What could not be read is in the
 * report, and never makes it `clean`; so does a container that ended meanwhile.
 *
 * @throws {RuntimeError} `OPTIONS_INVALID` with neither a process nor a collector, a baseline without files, or paths and
 *   exceptions that would excuse too much.
 * @throws {RuntimeError} `CONTAINER_UNAVAILABLE` when nothing of it could be looked at.
 */
export async function checkDrift({
  baseline,
  pid,
  collector,
  writable,
  allowed = [],
  environment,
  failOn,
  cache,
  timeLimitMs = 600_000,
  procDirectory = '/proc',
  maxFindings,
  name,
  image,
  clock = systemClock,
  signal,
}: CheckDriftOptions): Promise<DriftReport> {
  signal?.throwIfAborted()
  if (baseline.size === 0)
    throw new RuntimeError('OPTIONS_INVALID', 'the baseline has no files: nothing could be compared')
  const places = writable?.map((path) => path.replace(/\/+$/, ''))
  if (places?.some((path) => !path.startsWith('/')))
    throw new RuntimeError('OPTIONS_INVALID', 'a declared path is not absolute, or the root itself')
  checkAllowed(allowed)
  const checkedAt = clock.now()
  const chosen = collector ?? rootOf(pid, procDirectory, cache)
  const comparer = createFileComparer(baseline, { coverage: chosen.coverage, writable: places, maxFindings })
  const timeLimit = AbortSignal.timeout(timeLimitMs)
  for await (const observation of chosen.collect({ baseline, timeLimit, signal })) comparer.add(observation)
  const seen =
    pid === undefined ? undefined : await observeProcesses({ pid, procDirectory, cache, timeLimit, signal })
  const comparison = comparer.finish()
  return buildDriftReport({
    subject: { ...(name !== undefined && { name }), ...(image !== undefined && { image }) },
    checkedAt,
    collector: chosen.name,
    comparison,
    ...(seen && {
      processes: {
        findings: judgeProcesses(seen.processes, { baseline, findings: comparison.findings, environment }),
        unknown: seen.unknown,
        seen: seen.processes.length,
        ended: seen.ended,
      },
    }),
    failOn,
    allowed,
  })
}

function rootOf(
  pid: number | undefined,
  procDirectory: string,
  cache: HashCache | undefined,
): DriftCollector {
  if (pid === undefined)
    throw new RuntimeError('OPTIONS_INVALID', 'neither a process nor a collector is given')
  const directory = `${procDirectory}/${pid}`
  return rootCollector(`${directory}/root`, { mounts: readMounts(directory), cache })
}
