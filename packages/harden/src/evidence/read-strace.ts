import type { EvidenceSource, ReadEvidenceOptions } from './evidence-source.ts'
import { followStrace } from './follow-strace.ts'
import { readLines } from './read-lines.ts'
import { createRecordCollector } from './record-collector.ts'
import type { UsageEvidence } from './usage-evidence.ts'

/** Options of {@link readStrace}. */
export interface ReadStraceOptions extends ReadEvidenceOptions {
  /** Folder where the first process started. Default unknown: names relative to it are kept as patterns. */
  readonly workingDirectory?: string | undefined
}

/**
 * Reads the output of `strace -f`, best with `-y` and with
 * `-e trace=execve,execveat,open,openat,openat2,mmap,chdir,fchdir,chroot,clone,clone3,fork,vfork`. Failed calls are
 * left out; what was looked for in vain is in `missing`. A process that calls chroot(2) is followed: name the folder in
 * `roots` when the tracer ran outside of the image.
 *
 * @throws {HardenError} `LIMIT_EXCEEDED`.
 */
export async function readStrace(
  recording: EvidenceSource,
  { workingDirectory, ...options }: ReadStraceOptions = {},
): Promise<UsageEvidence> {
  const { limits, signal } = options
  const collector = createRecordCollector('strace', options)
  const lines = readLines(recording, { source: 'strace', limits, signal })
  for await (const step of followStrace(lines, workingDirectory)) {
    if (step.type === 'unreadable') collector.addGap('UNREADABLE', 'lines that are not as strace writes them')
    if (step.type !== 'call') continue
    if (step.call.time !== undefined) collector.addTime(step.call.time)
    if (step.file === undefined) continue
    const { path, operation, exact, isMissing } = step.file
    if (isMissing) collector.addMissing(path)
    else collector.add({ path, operation, process: step.process.program, exact })
  }
  return collector.finish(['exec', 'open'])
}
