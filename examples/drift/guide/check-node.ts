import { isSallyportError } from '@sallyport/core'
import {
  checkDrift,
  createHashCache,
  type DriftReport,
  type HashCache,
  type ImageBaseline,
} from '@sallyport/runtime'
import { allowed } from './allowed.ts'
import { findProcess, type NodeContainer } from './list-containers.ts'
import { readImage } from './read-image.ts'

/** What is kept from one round to the next: lists never change, and hashes save reading. */
export interface Memory {
  readonly images: Map<string, ImageBaseline>
  readonly hashes: Map<string, HashCache>
}

export const createMemory = (): Memory => ({ images: new Map(), hashes: new Map() })

/** What could not be compared counts as unknown, never as clean. */
export type Checked =
  | DriftReport
  | { readonly verdict: 'unknown'; readonly name: string; readonly why: string }

/** Compares each container of a node with its image. */
export async function* checkNode(
  containers: readonly NodeContainer[],
  memory: Memory,
  signal?: AbortSignal,
): AsyncGenerator<Checked, void, undefined> {
  for (const { name, id, image, writable } of containers) {
    try {
      const [reference] = image.references
      if (!reference?.repository) throw new TypeError('the node names its image by an id only')
      const key = `${reference.repository}@${reference.digest}`
      const known =
        memory.images.get(key) ?? (await readImage(reference.repository, reference.digest, image.config))
      memory.images.set(key, known)
      const pid = await findProcess(id)
      if (pid === undefined) throw new TypeError('it has no process on this node')
      const cache = memory.hashes.get(id) ?? createHashCache()
      memory.hashes.set(id, cache)
      yield await checkDrift({
        name,
        baseline: known.baseline,
        image: known.image,
        pid,
        writable,
        allowed,
        cache,
        signal,
      })
    } catch (error) {
      signal?.throwIfAborted()
      if (!isSallyportError(error) && !(error instanceof TypeError)) throw error
      yield { verdict: 'unknown', name, why: error.message }
    }
  }
  const left = new Set(containers.map(({ id }) => id))
  for (const id of memory.hashes.keys()) if (!left.has(id)) memory.hashes.delete(id)
}
