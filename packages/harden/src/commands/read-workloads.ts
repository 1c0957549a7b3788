import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { HardenError } from '../errors.ts'

const words = z.array(z.string()).nullish()
const execSchema = z.object({ exec: z.object({ command: words }).nullish() }).nullish()

const containerSchema = z.object({
  name: z.string(),
  image: z.string().optional(),
  command: words,
  args: words,
  workingDir: z.string().optional(),
  env: z.array(z.object({ name: z.string(), value: z.string().nullish() })).nullish(),
  livenessProbe: execSchema,
  readinessProbe: execSchema,
  startupProbe: execSchema,
  lifecycle: z.object({ postStart: execSchema, preStop: execSchema }).nullish(),
})
const podSchema = z.object({
  containers: z.array(containerSchema),
  initContainers: z.array(containerSchema).nullish(),
  ephemeralContainers: z.array(containerSchema).nullish(),
})

/** A container as a manifest has it. */
export type WorkloadContainer = z.infer<typeof containerSchema>

/** The containers of one pod, or of the template of one. */
export interface Workload {
  /** E.g. `Deployment web`. */
  readonly name: string
  readonly containers: readonly WorkloadContainer[]
}

const template = ['spec', 'template', 'spec']
/** Where each kind keeps what its pods are made of. */
const podPaths: ReadonlyMap<string, readonly string[]> = new Map([
  ['Pod', ['spec']],
  ['PodTemplate', ['template', 'spec']],
  ['Deployment', template],
  ['StatefulSet', template],
  ['DaemonSet', template],
  ['ReplicaSet', template],
  ['ReplicationController', template],
  ['Job', template],
  ['CronJob', ['spec', 'jobTemplate', ...template]],
])
const maxBytes = 16 * 1024 * 1024
const maxDocuments = 10_000

/**
 * The pods of a Kubernetes manifest: YAML or JSON, any number of documents, lists too. Objects of other kinds are passed
 * over.
 *
 * @throws {HardenError} `MANIFEST_INVALID` when it can't be read, or a pod in it is not as Kubernetes has them.
 * @throws {HardenError} `LIMIT_EXCEEDED` above 16 MiB or 10,000 documents.
 */
export function readWorkloads(manifest: string): readonly Workload[] {
  if (Buffer.byteLength(manifest) > maxBytes)
    throw new HardenError('LIMIT_EXCEEDED', `the manifest has more than ${maxBytes} bytes`)
  const workloads: Workload[] = []
  const pending = parseDocuments(manifest)
  for (let index = 0; index < pending.length; index++) {
    if (pending.length > maxDocuments)
      throw new HardenError('LIMIT_EXCEEDED', `the manifest has more than ${maxDocuments} documents`)
    const document = pending[index]
    if (typeof document !== 'object' || document === null) continue
    const kind = valueAt(document, ['kind'])
    if (typeof kind !== 'string') continue
    if (kind.endsWith('List')) {
      const items = valueAt(document, ['items'])
      for (const item of Array.isArray(items) ? items : []) pending.push(item)
      continue
    }
    const path = podPaths.get(kind)
    if (path !== undefined) workloads.push(toWorkload(kind, document, path))
  }
  return workloads
}

function parseDocuments(manifest: string): unknown[] {
  try {
    return parseAllDocuments(manifest).map((document) => {
      if (document.errors[0]) throw document.errors[0]
      return document.toJS({ maxAliasCount: 100 }) as unknown
    })
  } catch (cause) {
    const where = cause instanceof Error ? cause.message.split('\n', 1)[0] : ''
    throw new HardenError('MANIFEST_INVALID', `the manifest is no YAML: ${where}`, { cause })
  }
}

function toWorkload(kind: string, document: object, path: readonly string[]): Workload {
  const name = `${kind} ${String(valueAt(document, ['metadata', 'name']) ?? '(unnamed)').slice(0, 253)}`
  const pod = podSchema.safeParse(valueAt(document, path))
  if (!pod.success) {
    const [issue] = pod.error.issues
    throw new HardenError(
      'MANIFEST_INVALID',
      `${name}: ${[...path, ...(issue?.path ?? [])].join('.')}: ${issue?.message}`,
    )
  }
  const { containers, initContainers, ephemeralContainers } = pod.data
  return { name, containers: [...(initContainers ?? []), ...containers, ...(ephemeralContainers ?? [])] }
}

function valueAt(document: object, path: readonly string[]): unknown {
  let at: unknown = document
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as Record<string, unknown>)[name]
  }
  return at
}
