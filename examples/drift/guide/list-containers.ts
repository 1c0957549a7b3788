import { readdir, readFile } from 'node:fs/promises'
import { parseImageId, type RunningImage } from '@sallyport/runtime'

/** A container of this node, as the API server tells of it. */
export interface NodeContainer {
  readonly name: string
  /** 64 hex digits. */
  readonly id: string
  readonly image: RunningImage
  /** Where volumes are mounted that can be written to. */
  readonly writable: readonly string[]
}

interface Container {
  readonly name: string
  readonly volumeMounts?: readonly { readonly mountPath: string; readonly readOnly?: boolean }[]
}

interface Status {
  readonly name: string
  readonly containerID?: string
  readonly imageID: string
  readonly state: object
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly namespace: string; readonly name: string }
    readonly spec: {
      readonly containers: readonly Container[]
      readonly initContainers?: readonly Container[]
      readonly ephemeralContainers?: readonly Container[]
    }
    readonly status: {
      readonly containerStatuses?: readonly Status[]
      readonly initContainerStatuses?: readonly Status[]
      readonly ephemeralContainerStatuses?: readonly Status[]
    }
  }[]
}

/** What `GET /api/v1/pods?fieldSelector=spec.nodeName=NODE` answers, as a list of what runs: sidecars and debuggers too. */
export function listContainers({ items }: PodList): readonly NodeContainer[] {
  return items.flatMap(({ metadata, spec, status }) => {
    const { containers, initContainers = [], ephemeralContainers = [] } = spec
    const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = status
    const all = [...containers, ...initContainers, ...ephemeralContainers]
    return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses]
      .filter(({ containerID, state }) => containerID !== undefined && 'running' in state)
      .map(({ name, containerID = '', imageID }) => ({
        name: `${metadata.namespace}/${metadata.name}/${name}`,
        id: containerID.slice(containerID.indexOf('://') + 3),
        image: parseImageId(imageID),
        writable: (all.find((one) => one.name === name)?.volumeMounts ?? [])
          .filter(({ readOnly }) => readOnly !== true)
          .map(({ mountPath }) => mountPath),
      }))
  })
}

/**
 * The first process of a container: runtimes write its id into the name of its control group. Later ones may have a root
 * directory of their own, where what is compared would be another tree.
 */
export async function findProcess(id: string): Promise<number | undefined> {
  if (!/^[0-9a-f]{64}$/.test(id)) return undefined
  let first: { readonly pid: number; readonly startedAt: number } | undefined
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const groups = await readFile(`/proc/${name}/cgroup`, 'utf8').catch(() => '')
    if (!groups.includes(id)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    // The 22nd field (proc(5)); the second is a name in parentheses that may hold anything.
    const startedAt = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
    // One that ended meanwhile says nothing.
    if (Number.isInteger(startedAt) && !(first && first.startedAt <= startedAt))
      first = { pid: Number(name), startedAt }
  }
  return first?.pid
}
