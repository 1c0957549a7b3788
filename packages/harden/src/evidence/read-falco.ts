import type { EvidenceSource, ReadEvidenceOptions } from './evidence-source.ts'
import { readJsonEvents, textAt, timeAt } from './json-events.ts'
import { addEventName } from './name-of-event.ts'
import type { UsageEvidence } from './usage-evidence.ts'

/**
 * Reads alerts of Falco as JSON lines (`json_output: true`). Only what a rule asks for is in them, so that they are never
 * complete: they can keep a package, and never let one go.
 *
 * @throws {HardenError} `EVIDENCE_INVALID` when alerts of several images are in it, and none is selected.
 * @throws {HardenError} `LIMIT_EXCEEDED`.
 */
export async function readFalco(
  recording: EvidenceSource,
  options: ReadEvidenceOptions = {},
): Promise<UsageEvidence> {
  const field = (event: object, name: string) => {
    const text = textAt(event, 'output_fields', name)
    return text === '<NA>' ? undefined : text
  }
  return readJsonEvents(
    recording,
    {
      source: 'falco',
      observes: [],
      partial: 'its rules choose what is told',
      origin: (event) => ({
        namespace: field(event, 'k8s.ns.name'),
        pod: field(event, 'k8s.pod.name'),
        name: field(event, 'container.name') ?? field(event, 'k8s.container.name'),
        id: field(event, 'container.id'),
        image: field(event, 'container.image.digest') ?? field(event, 'container.image'),
      }),
      time: (event) => timeAt(event, 'time'),
      take(event, collector) {
        const process = field(event, 'proc.name')
        const program = field(event, 'proc.exepath') ?? field(event, 'proc.exe')
        if (program !== undefined)
          addEventName(collector, {
            name: program,
            operation: 'exec',
            process,
            folder: field(event, 'proc.cwd'),
          })
        const file = field(event, 'fd.name')
        const type = field(event, 'evt.type') ?? ''
        // Names of sockets are no paths.
        if (file?.startsWith('/') && /^(?:open|creat|mmap|read|write)/.test(type)) {
          const operation = type.startsWith('mmap') ? 'mmap' : 'open'
          addEventName(collector, { name: file, operation, process })
        }
      },
    },
    options,
  )
}
