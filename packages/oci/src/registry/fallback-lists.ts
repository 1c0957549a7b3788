import type { Descriptor, Digest } from '@sallyport/core'
import type { FallbackEntry } from '../referrers/fallback-index.ts'

/** A change of a fallback list that somebody waits for. */
export type FallbackChange =
  | { readonly type: 'add'; readonly entry: Descriptor; readonly settle?: boolean | undefined }
  | { readonly type: 'remove'; readonly digest: Digest }

/** What the client remembers of one fallback list. */
export interface FallbackMemory {
  /** Entries that this client attached; each later write brings back those that others removed. */
  readonly own: Map<Digest, FallbackEntry>
  /** What the subject lists, once it was asked. */
  children: ReadonlySet<Digest> | undefined
}

/** Writes changes of one list; `updateFallbackList` says what it takes to be written. */
export type WriteChanges = (
  changes: readonly FallbackChange[],
  memory: FallbackMemory,
  signal: AbortSignal,
) => Promise<void>

/** The fallback lists that a client writes. Changes of one list that come together are written together. */
export interface FallbackLists {
  /**
   * Tells that a change may follow soon; the next batch waits for it. Call what is returned once the change was handed
   * over, or when there will be none.
   */
  announce(key: string): () => void
  /** Resolves when `write` has written the change, by itself or with others; aborted, it may be written all the same. */
  change(
    key: string,
    change: FallbackChange,
    write: WriteChanges,
    signal: AbortSignal | undefined,
  ): Promise<void>
  /**
   * Whether a repository honours conditional writes, once that was seen. `likely`: it refused a condition that never
   * holds, but has not accepted one that holds yet.
   */
  readonly conditions: Map<string, 'yes' | 'likely' | 'no'>
  /** Repositories that did not acknowledge a subject, so that they keep no list of their own. */
  readonly ignoresSubjects: Set<string>
  /** Who kept the list of the last referrer that was pushed to a repository. */
  readonly keepers: Map<string, 'registry' | 'client'>
}

interface Waiting {
  readonly change: FallbackChange
  readonly signal: AbortSignal | undefined
  readonly done: () => void
  readonly failed: (error: unknown) => void
  gone: boolean
}

interface List {
  readonly memory: FallbackMemory
  waiting: Waiting[]
  running: boolean
  /** Changes that may follow soon. */
  announced: number
  wake: (() => void) | undefined
}

/** Lists beyond this many are forgotten, the least recently changed first. */
const maxLists = 256
/** So many changes are written without waiting for more. */
const fullBatch = 500

/** Creates the writer of a client's fallback lists. */
export function createFallbackLists(): FallbackLists {
  const lists = new Map<string, List>()
  const conditions = new Map<string, 'yes' | 'likely' | 'no'>()

  function listOf(key: string): List {
    const known = lists.get(key) ?? {
      memory: { own: new Map(), children: undefined },
      waiting: [],
      running: false,
      announced: 0,
      wake: undefined,
    }
    lists.delete(key)
    lists.set(key, known)
    for (const [oldest, { running, announced }] of lists) {
      if (lists.size <= maxLists) break
      if (!running && announced === 0 && oldest !== key) lists.delete(oldest)
    }
    return known
  }

  /** Writes batch after batch until nobody waits; everything announced or arriving meanwhile makes the next. */
  async function work(list: List, write: WriteChanges): Promise<void> {
    if (list.running) return
    list.running = true
    try {
      for (;;) {
        while (list.announced > 0 && list.waiting.length > 0 && list.waiting.length < fullBatch) {
          await new Promise<void>((resolve) => (list.wake = resolve))
        }
        const batch = list.waiting.filter(({ gone }) => !gone)
        list.waiting = []
        if (batch.length === 0) return
        await writeBatch(list.memory, batch, write)
      }
    } finally {
      list.running = false
    }
  }

  async function writeBatch(
    memory: FallbackMemory,
    batch: readonly Waiting[],
    write: WriteChanges,
  ): Promise<void> {
    const changes = batch.map(({ change }) => change)
    const abandoned = new AbortController()
    const checkAbandoned = (): void => {
      if (batch.every(({ gone }) => gone)) abandoned.abort(new Error('nobody waits any more'))
    }
    for (const { signal } of batch) signal?.addEventListener('abort', checkAbandoned)
    try {
      await write(changes, memory, abandoned.signal)
      for (const { done } of batch) done()
    } catch (error) {
      for (const { failed } of batch) failed(error)
    } finally {
      for (const { signal } of batch) signal?.removeEventListener('abort', checkAbandoned)
    }
  }

  return {
    conditions,
    ignoresSubjects: new Set(),
    keepers: new Map(),
    announce(key) {
      const list = listOf(key)
      list.announced++
      return () => {
        list.announced--
        list.wake?.()
      }
    },
    change: (key, change, write, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error)
        const list = listOf(key)
        // Listens before the batch does, so that the batch sees who is gone.
        const leave = (): void => {
          waiting.gone = true
          reject(signal?.reason as Error)
        }
        const settled = (): void => signal?.removeEventListener('abort', leave)
        const waiting: Waiting = {
          change,
          signal,
          done: () => (settled(), resolve()),
          failed: (error) => (settled(), reject(error as Error)),
          gone: false,
        }
        signal?.addEventListener('abort', leave, { once: true })
        list.waiting.push(waiting)
        void work(list, write)
      }),
  }
}
