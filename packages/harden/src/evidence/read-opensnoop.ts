import type { EvidenceSource, ReadEvidenceOptions } from './evidence-source.ts'
import { addEventName } from './name-of-event.ts'
import { readLines } from './read-lines.ts'
import { createRecordCollector } from './record-collector.ts'
import type { UsageEvidence } from './usage-evidence.ts'

/** Options of {@link readOpensnoop}. */
export interface ReadOpensnoopOptions extends ReadEvidenceOptions {
  /** Length from which on a name may be cut: bpftrace's `BPFTRACE_MAX_STRLEN` − 1. Default 63. */
  readonly cutAt?: number | undefined
}

const notes = /^(?:Attaching \d+ probes?|Tracing |PID +COMM|TIME\(s\)|TIME +PID|$)/

/**
 * Reads the output of bpftrace's `opensnoop.bt` and of bcc's `opensnoop`: columns `PID COMM FD ERR PATH`. It sees files
 * that are opened, not programs that start, and the names as processes give them.
 *
 * @throws {HardenError} `LIMIT_EXCEEDED`.
 */
export async function readOpensnoop(
  recording: EvidenceSource,
  { cutAt = 63, ...options }: ReadOpensnoopOptions = {},
): Promise<UsageEvidence> {
  const { limits, signal } = options
  const collector = createRecordCollector('opensnoop', options)
  for await (const line of readLines(recording, { source: 'opensnoop', limits, signal })) {
    if (notes.test(line.trimStart())) continue
    if (/^Lost \d+ events/i.test(line)) {
      collector.addGap('LOST_EVENTS', 'the tool lost events')
      continue
    }
    const event = parseLine(line)
    if (event === undefined) {
      collector.addGap('UNREADABLE', 'lines that are not as opensnoop writes them')
      continue
    }
    const { process, error, name } = event
    if (error === 0) addEventName(collector, { name, operation: 'open', process, cutAt })
    else if (name.startsWith('/') && name.length < cutAt) collector.addMissing(name)
  }
  return collector.finish(['open'])
}

/** The name of the process may have spaces and digits in it. Its column is 16 wide; else the first numbers that fit count. */
function parseLine(
  line: string,
): { readonly process: string; readonly error: number; readonly name: string } | undefined {
  const start = /^\s*(?:\d+\.\d+ +|\d\d:\d\d:\d\d +)?\d+ +/.exec(line)?.[0]
  if (start === undefined) return undefined
  const rest = line.slice(start.length)
  for (const end of [16, ...Array(16).keys()]) {
    if (end === 0 || rest[end] !== ' ') continue
    const numbers = /^ +(-?\d+) +(\d+) +(?=\S)/.exec(rest.slice(end, end + 40))
    if (!numbers) continue
    return {
      process: rest.slice(0, end).trimEnd(),
      error: Number(numbers[2]),
      name: rest.slice(end + numbers[0].length),
    }
  }
  return undefined
}
