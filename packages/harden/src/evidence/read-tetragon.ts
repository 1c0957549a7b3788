import type { EvidenceSource, ReadEvidenceOptions } from './evidence-source.ts'
import { numberAt, readJsonEvents, textAt, timeAt, valueAt } from './json-events.ts'
import { addEventName } from './name-of-event.ts'
import type { RecordCollector } from './record-collector.ts'
import type { EvidenceOperation, UsageEvidence } from './usage-evidence.ts'

/** Options of {@link readTetragon}. */
export interface ReadTetragonOptions extends ReadEvidenceOptions {
  /**
   * Whether a tracing policy records each file that is opened (`security_file_open`, `fd_install`, …) and not a choice of
   * them. Default `false`: only the programs that start are all seen.
   */
  readonly tracesOpens?: boolean | undefined
}

const kinds = ['process_exec', 'process_kprobe', 'process_lsm', 'process_loader', 'process_exit'] as const

/**
 * Reads events of Tetragon as JSON lines, as `tetra getevents` and its export file have them: programs that start, files
 * of kernel and LSM hooks, libraries of its loader sensor.
 *
 * @throws {HardenError} `EVIDENCE_INVALID` when events of several images are in it, and none is selected.
 * @throws {HardenError} `LIMIT_EXCEEDED`.
 */
export async function readTetragon(
  recording: EvidenceSource,
  { tracesOpens = false, ...options }: ReadTetragonOptions = {},
): Promise<UsageEvidence> {
  return readJsonEvents(
    recording,
    {
      source: 'tetragon',
      observes: tracesOpens ? ['exec', 'open'] : ['exec'],
      origin(event) {
        const process = processOf(event)
        return {
          namespace: textAt(process, 'pod', 'namespace'),
          pod: textAt(process, 'pod', 'name'),
          name: textAt(process, 'pod', 'container', 'name'),
          id: textAt(process, 'pod', 'container', 'id') ?? textAt(process, 'docker'),
          image: textAt(process, 'pod', 'container', 'image', 'id'),
        }
      },
      time: (event) => timeAt(event, 'time'),
      take: takeEvent,
    },
    options,
  )
}

function processOf(event: object): unknown {
  for (const kind of kinds) {
    const process = valueAt(event, kind, 'process')
    if (process !== undefined) return process
  }
  return undefined
}

function takeEvent(event: object, collector: RecordCollector): void {
  const process = processOf(event)
  const program = textAt(process, 'binary')
  const name = program?.slice(program.lastIndexOf('/') + 1)
  if (program !== undefined) {
    const isCut = textAt(process, 'flags')?.includes('truncFilename') === true
    addEventName(collector, {
      name: program,
      operation: 'exec',
      process: name,
      folder: textAt(process, 'cwd'),
      cutAt: isCut ? program.length : undefined,
    })
  }
  const loaded = textAt(event, 'process_loader', 'path')
  if (loaded !== undefined) addEventName(collector, { name: loaded, operation: 'mmap', process: name })
  if (valueAt(event, 'rate_limit_info') !== undefined || valueAt(event, 'process_throttle') !== undefined)
    collector.addGap('LOST_EVENTS', 'the tool limited how many events it tells')
  for (const kind of ['process_kprobe', 'process_lsm'] as const) {
    const hook = valueAt(event, kind)
    if (hook === undefined) continue
    const hasFailed = (numberAt(hook, 'return', 'int_arg') ?? 0) < 0
    const operation = hasFailed ? 'stat' : operationOf(textAt(hook, 'function_name') ?? '')
    const list = valueAt(hook, 'args')
    for (const argument of Array.isArray(list) ? list : []) {
      const path =
        textAt(argument, 'file_arg', 'path') ??
        textAt(argument, 'path_arg', 'path') ??
        textAt(argument, 'linux_binprm_arg', 'path')
      if (path === undefined) continue
      const isWhole = !/unresolvedPathComponents/.test(textAt(argument, 'file_arg', 'flags') ?? '')
      addEventName(collector, { name: isWhole ? path : path.replace(/^\/+/, ''), operation, process: name })
    }
  }
}

function operationOf(hook: string): EvidenceOperation {
  if (/bprm|exec/.test(hook)) return 'exec'
  if (/mmap/.test(hook)) return 'mmap'
  if (/getattr|stat/.test(hook)) return 'stat'
  return 'open'
}
