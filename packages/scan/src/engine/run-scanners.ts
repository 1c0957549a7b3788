import { type Clock, isSallyportError, joinSignals, systemClock } from '@sallyport/core'
import { ScanError } from '../errors.ts'
import { mergeReports } from '../merge/merge-reports.ts'
import type { Scanner, ScanTarget } from '../ports/scanner.ts'
import type { MergedScan, ScanReport } from '../scan-report.ts'
import { describeSubject } from './check-target.ts'

/** Options of {@link runScanners}. */
export interface RunScannersOptions {
  /** Time limit of each scanner. Default 600,000. */
  readonly timeoutMs?: number | undefined
  /** How many run at once. Default 4. */
  readonly concurrency?: number | undefined
  /** Gives the times in the report of a scanner that failed. Default: the machine's. */
  readonly clock?: Clock | undefined
  /** Ends all scans; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Scans one image with several scanners and merges what they say. A scanner that rejects, takes too long or answers
 * about another image becomes a report of status `failed`: the others count, and a policy sees that one is missing.
 *
 * Rejects with `signal.reason` when aborted; the scanners are told, and not waited for.
 *
 * @throws {ScanError} `OPTIONS_INVALID` when there is no scanner: no answer is not a good answer.
 */
export async function runScanners(
  scanners: readonly Scanner[],
  target: ScanTarget,
  { timeoutMs = 600_000, concurrency = 4, clock = systemClock, signal }: RunScannersOptions = {},
): Promise<MergedScan> {
  signal?.throwIfAborted()
  if (scanners.length === 0) throw new ScanError('OPTIONS_INVALID', 'no scanner to run')
  const reports: ScanReport[] = []
  const waiting = [...scanners.entries()]
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, scanner] = next
      reports[index] = await runScanner(scanner, target, timeoutMs, clock, signal)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, work))
  return mergeReports(reports)
}

async function runScanner(
  scanner: Scanner,
  target: ScanTarget,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<ScanReport> {
  const startedAt = clock.now().toISOString()
  const limit = new AbortController()
  const timer = setTimeout(() => {
    const message = `${scanner.name} gave no answer within ${timeoutMs} ms`
    limit.abort(new ScanError('SCANNER_TIMEOUT', message, { scanner: scanner.name, retryable: true }))
  }, timeoutMs)
  using either = joinSignals([signal, limit.signal])
  try {
    // raced, since a scanner that hangs may not listen to its signal either
    const report = await Promise.race([
      scanner.scan(target, { signal: either.signal }),
      rejectOnAbort(either.signal),
    ])
    const asked = describeSubject(target.subject, target.platform)
    const told = describeSubject(report.subject, report.platform ?? target.platform)
    if (told === asked) return report
    throw new ScanError('SUBJECT_MISMATCH', `${scanner.name} answered about ${told}, asked for ${asked}`)
  } catch (error) {
    signal?.throwIfAborted()
    return {
      scanner: { name: scanner.name, version: 'unknown' },
      subject: target.subject,
      startedAt,
      finishedAt: clock.now().toISOString(),
      data: [],
      status: 'failed',
      failure: {
        code: isSallyportError(error) ? error.code : 'UNEXPECTED',
        message: error instanceof Error ? error.message : String(error),
        retryable: isSallyportError(error) && error.retryable,
      },
      gaps: [],
      findings: [],
    }
  } finally {
    clearTimeout(timer)
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error)
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
