import { z } from 'zod'
import { plainText } from './plain-text.ts'
import { reportImage, type ToldImage } from './report-image.ts'
import type { ReportedImage } from './reported-image.ts'

const text = z.string().nullish()
const containersSchema = z.array(z.object({ name: text, image: text })).nullish()
const statusesSchema = z.array(z.object({ name: text, image: text, imageID: text })).nullish()
const podSchema = z.object({
  containers: containersSchema,
  initContainers: containersSchema,
  ephemeralContainers: containersSchema,
  volumes: z.array(z.object({ name: text, image: z.object({ reference: text }).nullish() })).nullish(),
})
const statusSchema = z
  .object({
    containerStatuses: statusesSchema,
    initContainerStatuses: statusesSchema,
    ephemeralContainerStatuses: statusesSchema,
  })
  .nullish()
const metadataSchema = z
  .object({
    name: text,
    generateName: text,
    namespace: text,
    labels: z.record(z.string(), z.unknown()).nullish(),
    ownerReferences: z
      .array(z.object({ kind: z.string(), name: z.string(), controller: z.boolean().nullish() }))
      .nullish(),
  })
  .nullish()
type Metadata = z.infer<typeof metadataSchema>

/** Where an object that is not a Pod keeps what its pods are made of; other people's kinds do as those of Kubernetes. */
const templatePaths: readonly (readonly string[])[] = [
  ['spec', 'template', 'spec'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  ['template', 'spec'],
]

/** Why an object is not what its kind has to be, and where in it. */
export interface ObjectFault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/**
 * Images of a Kubernetes object, by what its status reports or else by what it asks for. `undefined` for one that makes no
 * pods.
 */
export function readKubernetes(
  object: object,
  { cluster }: { readonly cluster?: string | undefined } = {},
): readonly ReportedImage[] | ObjectFault | undefined {
  const kind = String(valueAt(object, ['kind']) ?? '')
  const isPod = kind === 'Pod'
  const path = isPod
    ? ['spec']
    : templatePaths.find((each) => Array.isArray(valueAt(object, [...each, 'containers'])))
  if (path === undefined) return undefined
  const metadata = metadataSchema.safeParse(valueAt(object, ['metadata']))
  if (!metadata.success) return faultOf(['metadata'], metadata.error)
  const status = statusSchema.safeParse(isPod ? valueAt(object, ['status']) : undefined)
  if (!status.success) return faultOf(['status'], status.error)
  // A report that was cut down to its statuses is enough.
  const pod = podSchema.safeParse(valueAt(object, path) ?? (status.data?.containerStatuses ? {} : undefined))
  if (!pod.success) return faultOf(path, pod.error)

  const workload = nameWorkload(kind, metadata.data)
  const common: ToldImage = { cluster, namespace: metadata.data?.namespace, workload }
  return imagesOf(pod.data, status.data).flatMap((told) => reportImage({ ...common, ...told }) ?? [])
}

function imagesOf(pod: z.infer<typeof podSchema>, status: z.infer<typeof statusSchema>): ToldImage[] {
  const told: ToldImage[] = []
  for (const [specified, reported] of [
    [pod.initContainers, status?.initContainerStatuses],
    [pod.containers, status?.containerStatuses],
    [pod.ephemeralContainers, status?.ephemeralContainerStatuses],
  ] as const) {
    // A list from elsewhere may name one twice, and none must hide another.
    const statuses = Map.groupBy(reported ?? [], ({ name }) => name ?? '')
    for (const { name, image } of specified ?? []) {
      const found = statuses.get(name ?? '') ?? [undefined]
      statuses.delete(name ?? '')
      for (const each of found)
        told.push({ container: name, image: image ?? each?.image, imageID: each?.imageID })
    }
    for (const { name, image, imageID } of [...statuses.values()].flat())
      told.push({ container: name, image, imageID })
  }
  for (const { name, image } of pod.volumes ?? [])
    if (image?.reference) told.push({ container: `volume ${name ?? ''}`, image: image.reference })
  return told
}

/** Names what people know: the Deployment rather than one of its pods. */
function nameWorkload(kind: string, metadata: Metadata): string {
  const owner = kind === 'Pod' ? metadata?.ownerReferences?.find(({ controller }) => controller) : undefined
  if (!owner) return plainText(`${kind} ${metadata?.name ?? metadata?.generateName ?? ''}`, 300)
  const hash = metadata?.labels?.['pod-template-hash']
  return owner.kind === 'ReplicaSet' && typeof hash === 'string' && owner.name.endsWith(`-${hash}`)
    ? plainText(`Deployment ${owner.name.slice(0, -hash.length - 1)}`, 300)
    : plainText(`${owner.kind} ${owner.name}`, 300)
}

function faultOf(path: readonly PropertyKey[], { issues }: z.ZodError): ObjectFault {
  const [issue] = issues
  return { path: [...path, ...(issue?.path ?? [])], message: issue?.message ?? 'not as Kubernetes has it' }
}

/** What is at a path of plain data. */
export function valueAt(data: unknown, path: readonly string[]): unknown {
  let at = data
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as Record<string, unknown>)[name]
  }
  return at
}
