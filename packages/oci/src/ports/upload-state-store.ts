import type { Digest } from '@sallyport/core'

/** Which upload a state belongs to. */
export interface UploadKey {
  /** Host with its port, as in a reference. */
  readonly registry: string
  /** Path within the registry. */
  readonly repository: string
  /** The blob. */
  readonly digest: Digest
}

/** What another process needs to go on with an upload. */
export interface UploadState {
  /** The upload's newest place. Its query may be a signature that lets anyone write: keep it like a password. */
  readonly location: string
  /** Bytes that were acknowledged, by our own count. Only for information: the registry is asked before it goes on. */
  readonly offset: number
  /** Shortest chunk that the registry takes, except for the last. */
  readonly minChunkBytes: number
}

/**
 * Keeps the state of unfinished uploads beyond the end of a process. One upload of a key at a time: two that share a
 * state disturb each other, and then begin again.
 */
export interface UploadStateStore {
  /** The state, or `undefined` when there is none that can be used. */
  load(key: UploadKey): Promise<UploadState | undefined>
  /** Replaces the state at once: a reader sees the old or the new one. */
  save(key: UploadKey, state: UploadState): Promise<void>
  /** Forgets the state; that there is none is no error. */
  delete(key: UploadKey): Promise<void>
}
