import type { PromotionRequest } from '../promote/request.ts'
import type { PromotionResult } from './promotion-result.ts'

/** Where a job is. `abandoned`: its workers died so often while they ran it that it is not tried any more. */
export type JobState = 'queued' | 'running' | 'finished' | 'cancelled' | 'abandoned'

/** A promotion that an engine has taken on. */
export interface PromotionJob {
  /** Names the job; the same key is the same job. */
  readonly key: string
  /** What is to be promoted. */
  readonly request: PromotionRequest
  /** How far it is. */
  readonly state: JobState
  /** Present as soon as it is not `queued` or `running` any more. */
  readonly result?: PromotionResult | undefined
  /** ISO 8601 times. */
  readonly enqueuedAt: string
  /** When its state changed last, in ISO 8601. */
  readonly updatedAt?: string | undefined
  /** The worker that runs it, or ran it last. */
  readonly worker?: string | undefined
  /** How often a worker began or went on with it. */
  readonly starts: number
}

/** Options of {@link Engine.enqueue}. */
export interface EnqueueOptions {
  /**
   * Names what is to be done, e.g. by the id of the event that asks for it: the same key is the same job. At most 256
   * characters. Default: a digest of the request.
   */
  readonly key?: string | undefined
  /**
   * What becomes of a key whose job has ended: `return` gives it as it is; `repeat` runs it again, which verifies what is
   * at the target and changes only what is not right. Default: `return` with a key of your own, else `repeat`. A job that
   * has not ended is joined, always.
   */
  readonly ended?: 'return' | 'repeat' | undefined
}

/** Options of waiting for a result. */
export interface ResultOptions {
  /** Ends the waiting, not the promotion. */
  readonly signal?: AbortSignal | undefined
  /** How often to look, in milliseconds. Default 1000. */
  readonly pollMs?: number | undefined
}

/** Which jobs to list; fields that are absent match all. */
export interface JobFilter {
  /** Only jobs in this state. */
  readonly state?: JobState | undefined
  /** At most so many. Default 100. */
  readonly limit?: number | undefined
  /** Leaves out so many. Default 0. */
  readonly offset?: number | undefined
}

/** A job, to wait for and to stop. */
export interface JobHandle {
  /** Names the job. */
  readonly key: string
  /** Resolves with the job as it is now. */
  status(): Promise<PromotionJob>
  /** Waits until it has ended. A promotion that failed, or could not be done, is a result; it does not reject. */
  result(options?: ResultOptions): Promise<PromotionResult>
}

/** Runs promotions on one machine or many, so that each that was enqueued is done once, whatever dies meanwhile. */
export interface Engine extends AsyncDisposable {
  /** Begins to work. */
  start(): Promise<void>
  /** Ends the work of this process; what it leaves undone goes on elsewhere, or after the next start. */
  stop(options?: { readonly graceMs?: number | undefined }): Promise<void>
  /**
   * Takes a promotion on, durably: it is done even if this process ends right after.
   *
   * @throws {GateError} `OPTIONS_INVALID` for a key that another request has.
   */
  enqueue(request: PromotionRequest, options?: EnqueueOptions): Promise<JobHandle>
  /** Jobs, the latest first. */
  list(filter?: JobFilter): Promise<readonly PromotionJob[]>
  /** The job of a key, or `undefined`. */
  find(key: string): Promise<PromotionJob | undefined>
  /** Waits for the result of a job; as {@link JobHandle.result}. */
  result(key: string, options?: ResultOptions): Promise<PromotionResult>
  /**
   * Stops a job: one that waits never begins, one that runs is interrupted in its step, within about a second. `false`
   * when it had ended.
   */
  cancel(key: string): Promise<boolean>
}
