import { z } from 'zod'
import { HardenError } from '../errors.ts'
import type { EvidenceSource, ReadEvidenceOptions } from './evidence-source.ts'
import { digestIn } from './json-events.ts'
import { readObjects } from './read-objects.ts'
import { createRecordCollector, type RecordCollector } from './record-collector.ts'
import type { UsageEvidence } from './usage-evidence.ts'

const containerSchema = z.object({
  name: z.string().optional(),
  imageID: z.string().optional(),
  execs: z.array(z.object({ path: z.string() })).nullish(),
  opens: z.array(z.object({ path: z.string() })).nullish(),
})
const containersSchema = z.array(containerSchema).nullish()
const profileSchema = z.object({
  kind: z.enum(['ApplicationProfile', 'ContainerProfile']),
  metadata: z.object({
    name: z.string().optional(),
    namespace: z.string().optional(),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
  spec: containerSchema.extend({
    containers: containersSchema,
    initContainers: containersSchema,
    ephemeralContainers: containersSchema,
  }),
})
type Profile = z.infer<typeof profileSchema>

/**
 * Reads kubescape's `ApplicationProfile` and `ContainerProfile` objects, as YAML or JSON, alone or in a `List`. Paths that
 * kubescape put together (`⋯`, `*`) become patterns. A profile counts as complete by itself, when it says so; the option
 * `coverage: 'partial'` overrides that.
 *
 * @throws {HardenError} `EVIDENCE_INVALID` when it is no such object, or has containers of several images of which none is
 * selected by `images` or `container.name`.
 * @throws {HardenError} `LIMIT_EXCEEDED`.
 */
export async function readKubescape(
  recording: EvidenceSource,
  options: ReadEvidenceOptions = {},
): Promise<UsageEvidence> {
  const { images = [], container = {}, limits, signal } = options
  const profiles = (await readObjects(recording, { source: 'kubescape', limits, signal })).map(parseProfile)
  const collector = createRecordCollector('kubescape', {
    ...options,
    coverage: options.coverage ?? 'complete',
  })
  let taken = 0
  for (const { kind, metadata, spec } of profiles) {
    if (container.namespace !== undefined && metadata.namespace !== container.namespace) continue
    const containers =
      kind === 'ContainerProfile'
        ? [spec]
        : [spec.containers, spec.initContainers, spec.ephemeralContainers].flatMap((list) => list ?? [])
    for (const one of containers) {
      if (container.name !== undefined && one.name !== undefined && one.name !== container.name) continue
      const digest = one.imageID === undefined ? undefined : digestIn(one.imageID)
      if (digest !== undefined && images.length > 0 && !images.includes(digest)) continue
      if (digest !== undefined) collector.addImage(digest)
      taken++
      takeContainer(one, collector)
      if (!isComplete(metadata))
        collector.addGap('PARTIAL_SOURCE', `the profile ${metadata.name ?? ''} says that it is not complete`)
    }
  }
  if (taken === 0)
    throw new HardenError('EVIDENCE_INVALID', 'kubescape: no profile of the container that is asked for')
  return collector.finish(['exec', 'open'])
}

function isComplete({ annotations }: Profile['metadata']): boolean {
  const completion = annotations?.['kubescape.io/completion']
  const status = annotations?.['kubescape.io/status']
  return (completion === 'complete' || completion === 'full') && status === 'completed'
}

function takeContainer({ execs, opens }: z.infer<typeof containerSchema>, collector: RecordCollector): void {
  const add = (path: string, operation: 'exec' | 'open') => {
    if (!path.startsWith('/')) collector.add({ path: `/*/${path}`, operation, exact: false })
    else {
      const isPattern = path.split('/').some((part) => part.includes('⋯') || part.includes('*'))
      collector.add({ path, operation, exact: !isPattern })
    }
  }
  for (const { path } of execs ?? []) if (path !== '') add(path, 'exec')
  for (const { path } of opens ?? []) if (path !== '') add(path, 'open')
}

function parseProfile(object: unknown): Profile {
  const found = profileSchema.safeParse(object)
  if (found.success) return found.data
  const [issue] = found.error.issues
  throw new HardenError(
    'EVIDENCE_INVALID',
    `kubescape: no profile: ${issue?.path.join('.')}: ${issue?.message}`,
  )
}
