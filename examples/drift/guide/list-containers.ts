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

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly namespace: string; readonly name: string }
    readonly spec: {
      readonly containers: readonly {
        readonly name: string
        readonly volumeMounts?: readonly { readonly mountPath: string; readonly readOnly?: boolean }[]
      }[]
    }
    readonly status: {
      readonly containerStatuses?: readonly {
        readonly name: string
        readonly containerID?: string
        readonly imageID: string
        readonly state: object
      }[]
    }
  }[]
}

/** What `GET /api/v1/pods?fieldSelector=spec.nodeName=NODE` answers, as a list of what runs. */
export function listContainers({ items }: PodList): readonly NodeContainer[] {
  return items.flatMap(({ metadata, spec, status }) =>
    (status.containerStatuses ?? [])
      .filter(({ containerID, state }) => containerID !== undefined && 'running' in state)
      .map(({ name, containerID = '', imageID }) => ({
        name: `${metadata.namespace}/${metadata.name}/${name}`,
        id: containerID.slice(containerID.indexOf('://') + 3),
        image: parseImageId(imageID),
        writable: (spec.containers.find((one) => one.name === name)?.volumeMounts ?? [])
          .filter(({ readOnly }) => readOnly !== true)
          .map(({ mountPath }) => mountPath),
      })),
  )
}

/** A process of a container: runtimes write its id into the name of its control group. */
export async function findProcess(id: string): Promise<number | undefined> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const groups = await readFile(`/proc/${name}/cgroup`, 'utf8').catch(() => '')
    if (/^[0-9a-f]{64}$/.test(id) && groups.includes(id)) return Number(name)
  }
  return undefined
}
