import type { EvidenceSource, ReadEvidenceOptions } from './evidence-source.ts'
import { numberAt, readJsonEvents, textAt, timeAt, valueAt } from './json-events.ts'
import { addEventName } from './name-of-event.ts'
import type { RecordCollector } from './record-collector.ts'
import type { UsageEvidence } from './usage-evidence.ts'

/** Options of {@link readInspektorGadget}. */
export interface ReadInspektorGadgetOptions extends ReadEvidenceOptions {
  /** Gadgets that ran. Default both: give one when the other one's events are in another recording, or in none. */
  readonly gadgets?: readonly ('trace_exec' | 'trace_open')[] | undefined
}

/** Names are kept in 255 bytes, the last of which ends them. */
const cutAt = 254

/**
 * Reads events of Inspektor Gadget's `trace_exec` and `trace_open` as JSON lines (`-o json`), of current and of older
 * releases.
 *
 * @throws {HardenError} `EVIDENCE_INVALID` when events of several images are in it, and none is selected.
 * @throws {HardenError} `LIMIT_EXCEEDED`.
 */
export async function readInspektorGadget(
  recording: EvidenceSource,
  { gadgets = ['trace_exec', 'trace_open'], ...options }: ReadInspektorGadgetOptions = {},
): Promise<UsageEvidence> {
  return readJsonEvents(
    recording,
    {
      source: 'inspektor-gadget',
      observes: (['exec', 'open'] as const).filter((kind) => gadgets.includes(`trace_${kind}`)),
      origin: (event) => ({
        namespace: textAt(event, 'k8s', 'namespace'),
        pod: textAt(event, 'k8s', 'podName') ?? textAt(event, 'k8s', 'pod'),
        name:
          textAt(event, 'k8s', 'containerName') ??
          textAt(event, 'k8s', 'container') ??
          textAt(event, 'runtime', 'containerName'),
        id: textAt(event, 'runtime', 'containerId'),
        mountNamespace:
          numberAt(event, 'proc', 'mntns_id') ?? numberAt(event, 'mntns_id') ?? numberAt(event, 'mountnsid'),
        image:
          textAt(event, 'runtime', 'containerImageDigest') ?? textAt(event, 'runtime', 'containerImageName'),
      }),
      time: (event) => timeAt(event, 'timestamp'),
      take: takeEvent,
    },
    options,
  )
}

function takeEvent(event: object, collector: RecordCollector): void {
  const process = textAt(event, 'proc', 'comm') ?? textAt(event, 'comm')
  const opened = textAt(event, 'fullPath') ?? textAt(event, 'fname') ?? textAt(event, 'path')
  if (opened !== undefined) {
    if (!hasFailed(event)) addEventName(collector, { name: opened, operation: 'open', process, cutAt })
    else if (opened.startsWith('/') && opened.length < cutAt) collector.addMissing(opened)
    return
  }
  if (textAt(event, 'type') === 'err' || valueAt(event, 'lost') !== undefined) {
    collector.addGap('LOST_EVENTS', 'the tool lost events')
    return
  }
  if (hasFailed(event)) return
  const folder = textAt(event, 'cwd')
  const started = new Set(
    [
      textAt(event, 'exepath'),
      textAt(event, 'file'),
      // The name that was called may lead to the program over links that are needed too.
      textAt(event, 'args')?.split(/[ \u00a0]/, 1)[0] ?? textAt(event, 'args', 0),
    ].filter((name) => name?.includes('/')),
  )
  for (const name of started)
    addEventName(collector, { name: name!, operation: 'exec', process, folder, cutAt })
  if (started.size === 0) collector.addGap('UNREADABLE', 'events that name no file')
}

function hasFailed(event: object): boolean {
  const error = valueAt(event, 'error') ?? valueAt(event, 'err')
  if (typeof error === 'string') return error !== '' && error !== '0'
  if (typeof error === 'number') return error !== 0
  const result = numberAt(event, 'ret') ?? numberAt(event, 'retval')
  return (result ?? 0) < 0
}
