import type { WorkflowStatus } from '@dbos-inc/dbos-sdk'
import type { JobState, PromotionJob } from '../engine/engine.ts'
import { toErrorData } from '../engine/error-data.ts'
import type { PromotionResult } from '../engine/promotion-result.ts'
import type { GateErrorCode } from '../errors.ts'
import type { PromotionRequest } from '../promote/request.ts'

/** The states of DBOS in which a job of ours is. */
export const statesOf = {
  queued: ['ENQUEUED', 'DELAYED'],
  running: ['PENDING'],
  finished: ['SUCCESS', 'ERROR'],
  cancelled: ['CANCELLED'],
  abandoned: ['MAX_RECOVERY_ATTEMPTS_EXCEEDED'],
} as const satisfies Readonly<Record<JobState, readonly string[]>>

/** A workflow of DBOS as a job. */
export function toJob(status: WorkflowStatus): PromotionJob {
  const state = (Object.keys(statesOf) as JobState[]).find((state) =>
    (statesOf[state] as readonly string[]).includes(status.status),
  )
  const { workflowID: key, input, createdAt, updatedAt, executorId, recoveryAttempts = 0 } = status
  return {
    key,
    request: input?.[0] as PromotionRequest,
    // A state that is not known is of one that has not ended: nobody takes it for done.
    state: state ?? 'running',
    result: resultOf(status),
    enqueuedAt: new Date(createdAt).toISOString(),
    updatedAt: updatedAt === undefined ? undefined : new Date(updatedAt).toISOString(),
    worker: state === 'queued' ? undefined : executorId,
    starts: recoveryAttempts,
  }
}

function resultOf({ status, output, error, workflowID }: WorkflowStatus): PromotionResult | undefined {
  switch (status) {
    case 'SUCCESS':
      return output as PromotionResult
    case 'ERROR':
      return { verdict: 'error', error: toErrorData(error) }
    case 'CANCELLED':
      return failure('CANCELLED', `${workflowID}: it was cancelled`)
    case 'MAX_RECOVERY_ATTEMPTS_EXCEEDED':
      return failure(
        'ENGINE_FAILED',
        `${workflowID}: too many workers died while they ran it; see what it does to them`,
      )
    default:
      return undefined
  }
}

const failure = (code: GateErrorCode, message: string): PromotionResult => ({
  verdict: 'error',
  error: { code, message, retryable: false },
})
