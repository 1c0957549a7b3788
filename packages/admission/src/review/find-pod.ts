import type { PodKindDocument } from '../policy/policy-document.ts'

/** An object of unknown form. */
export type Fields = Readonly<Record<string, unknown>>

/** Where the Pod of an object is: the path of its PodSpec, of `metadata` beside it, and the PodSpec. */
export interface FoundPod {
  readonly path: readonly string[]
  readonly spec: Fields
  readonly labels: Readonly<Record<string, string>>
}

/**
 * `none`: objects of this kind hold no Pod, or this one has none. `malformed`: it should be there and is not. `unknown`:
 * nobody says where it would be.
 */
export type PodSearch = FoundPod | 'none' | 'malformed' | 'unknown'

const template = ['spec', 'template', 'spec']
const workloads = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet']
/** Path of the PodSpec by group and kind; the same in all versions. */
const known = new Map<string, readonly string[]>([
  ['/Pod', ['spec']],
  ['/PodTemplate', ['template', 'spec']],
  ['/ReplicationController', template],
  ...['apps', 'extensions'].flatMap((group) =>
    workloads.map((kind) => [`${group}/${kind}`, template] as const),
  ),
  ['batch/Job', template],
  ['batch/CronJob', ['spec', 'jobTemplate', ...template]],
])

/** Groups of Kubernetes itself, of which no other kind runs images. */
const builtinGroups = new Set([
  '',
  'apps',
  'autoscaling',
  'batch',
  'extensions',
  'policy',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
  'storagemigration.k8s.io',
])

/** Where custom resources keep their Pod by custom. */
const usual = [
  template,
  ['spec', 'jobTemplate', ...template],
  ['spec', 'podTemplate', 'spec'],
  ['template', 'spec'],
]

/** Finds the Pod that an object would run. */
export function findPod(
  object: unknown,
  { group, kind }: { readonly group: string; readonly kind: string },
  kinds: readonly PodKindDocument[],
): PodSearch {
  if (!isFields(object)) return 'malformed'
  const path =
    known.get(`${group}/${kind}`) ??
    kinds.find((each) => each.group === group && each.kind === kind)?.podSpec.split('.')
  if (path) {
    const pod = podAt(object, path)
    if (pod) return pod
    // The template of a ReplicationController may be left out.
    return kind === 'ReplicationController' && isFields(object['spec']) && object['spec']['template'] == null
      ? 'none'
      : 'malformed'
  }
  // Until Kubernetes 1.22, ephemeral containers came as an object of their own.
  if (group === '' && kind === 'EphemeralContainers') return { path: [], spec: object, labels: {} }
  // The API server asks about each object by itself; whoever else asks about a list does not mean that nothing is in it.
  if (builtinGroups.has(group)) return kind.endsWith('List') ? 'unknown' : 'none'
  for (const each of usual) {
    const pod = podAt(object, each)
    if (pod && Array.isArray(pod.spec['containers'])) return pod
  }
  return 'unknown'
}

function podAt(object: Fields, path: readonly string[]): FoundPod | undefined {
  const above = at(object, path.slice(0, -1))
  const spec = at(object, path)
  if (!isFields(spec) || !isFields(above)) return undefined
  return { path, spec, labels: labelsOf(above['metadata']) }
}

function at(object: Fields, path: readonly string[]): unknown {
  let value: unknown = object
  for (const name of path) {
    if (!isFields(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

function labelsOf(metadata: unknown): Readonly<Record<string, string>> {
  const labels = isFields(metadata) ? metadata['labels'] : undefined
  if (!isFields(labels)) return {}
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/** Whether it is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
