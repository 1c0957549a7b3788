import { HardenError } from '../errors.ts'
import type { EvidenceSource, ReadEvidenceOptions } from './evidence-source.ts'
import { readLines } from './read-lines.ts'
import { createRecordCollector } from './record-collector.ts'
import type { UsageEvidence } from './usage-evidence.ts'

/**
 * Reads the output of fatrace(1), with or without `-t`. It sees the whole machine: `roots` says which folders are the
 * container's. It does not tell a program that starts from a file that is read, so that both count as opened.
 *
 * @throws {HardenError} `EVIDENCE_INVALID` without `roots`.
 * @throws {HardenError} `LIMIT_EXCEEDED`.
 */
export async function readFatrace(
  recording: EvidenceSource,
  options: ReadEvidenceOptions & Required<Pick<ReadEvidenceOptions, 'roots'>>,
): Promise<UsageEvidence> {
  if (!options.roots?.length)
    throw new HardenError(
      'EVIDENCE_INVALID',
      "fatrace sees the whole machine: name the container's root in `roots`",
    )
  const { limits, signal } = options
  const collector = createRecordCollector('fatrace', options)
  for await (const line of readLines(recording, { source: 'fatrace', limits, signal })) {
    if (line === '') continue
    const event = parseLine(line)
    if (event === undefined) {
      collector.addGap('UNREADABLE', 'lines that are not as fatrace writes them')
      continue
    }
    if (event.time !== undefined) collector.addTime(event.time)
    // What was written, and then never read or opened again, was there for its writer.
    collector.add({ path: event.path, operation: 'open', process: event.process })
  }
  return collector.finish(['open'])
}

/** `[time ]name(pid)[ [uid:gid]]: types path`; names of processes may have spaces and parentheses in them. */
function parseLine(
  line: string,
): { readonly process: string; readonly path: string; readonly time: number | undefined } | undefined {
  const middle = /\(\d+\)(?: \[\d+:\d+\])?: ([A-Z<>+]{1,8}) +/.exec(line)
  if (!middle) return undefined
  const path = line.slice(middle.index + middle[0].length)
  // Without a path: a file that was gone before it was asked for, of which fatrace tells the device and inode.
  if (!path.startsWith('/')) return { process: '', path: '', time: undefined }
  const start = line.slice(0, middle.index)
  const stamp = /^(?:(\d{9,})(?:\.(\d+))?|[\d:]+(?:\.\d+)?) /.exec(start)
  return {
    process: start.slice(stamp?.[0].length ?? 0),
    path: path.replace(/ \(deleted\)$/, ''),
    time: stamp?.[1] === undefined ? undefined : Number(`${stamp[1]}.${stamp[2] ?? 0}`) * 1000,
  }
}
