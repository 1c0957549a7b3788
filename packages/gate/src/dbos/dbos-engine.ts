import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { WorkflowStatus } from '@dbos-inc/dbos-sdk'
import { canonicalJson, digestOf } from '@sallyport/core'
import type { Engine, EnqueueOptions, JobFilter, JobHandle, PromotionJob } from '../engine/engine.ts'
import type { PromotionResult } from '../engine/promotion-result.ts'
import { GateError } from '../errors.ts'
import { openGateContext } from '../promote/gate-context.ts'
import type { PromotionRequest } from '../promote/request.ts'
import { lockExecutor } from './executor-lock.ts'
import { loadDbos } from './load-dbos.ts'
import type { DbosEngineOptions } from './options.ts'
import { patiently } from './patiently.ts'
import { openQueues, type PromotionQueues } from './promotion-queue.ts'
import { promotionWorkflow } from './promotion-workflow.ts'
import { recoverDead } from './recover-dead.ts'
import { statesOf, toJob } from './to-job.ts'

const workflowName = 'sallyport promotion'
/** Changes when a workflow that began before can't be gone on with after: what its steps are, and return. */
const applicationVersion = 'promotion-1'
const maxKeyLength = 256

/** What an engine has while it runs. */
interface Running {
  readonly queues: PromotionQueues
  readonly workflow: (request: PromotionRequest) => Promise<PromotionResult>
  /** Looks for what dead processes left behind. */
  readonly watch: AsyncDisposable | undefined
  readonly resources: AsyncDisposableStack
  readonly stopping: AbortController
}

/**
 * Runs promotions as workflows of DBOS on PostgreSQL, in as many processes as you start, on as many machines. A process
 * that dies leaves its promotions to the others, which go on after the last step that ended. One engine in a process: it
 * has DBOS for itself.
 *
 * `start` rejects with a {@link GateError} `ENGINE_FAILED`, retryable, when PostgreSQL can't be reached, not retryable when
 * `@dbos-inc/dbos-sdk` or `pg` is not installed, and with `OPTIONS_INVALID` for an `executorId` that another process has; every other method with `ENGINE_FAILED` before it, or
 * when PostgreSQL stays away; work that is under way waits for it.
 */
export function dbosEngine(options: DbosEngineOptions): Engine {
  const { application = 'sallyport', onLog = logToStderr, recoveryIntervalMs = 5_000 } = options
  const executorId = options.executorId ?? `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`
  let running: Running | undefined

  async function start(): Promise<void> {
    if (running) return
    try {
      await launch()
    } catch (cause) {
      if (cause instanceof GateError) throw cause
      await loadDbos()
        .shutdown({ deregister: true })
        .catch(() => undefined)
      throw failed(`the engine did not start: ${String(cause)}`, cause)
    }
  }

  async function launch(): Promise<void> {
    if (loadDbos().isInitialized())
      throw failed('DBOS runs in this process already: one engine has it for itself')
    await using resources = new AsyncDisposableStack()
    const stopping = new AbortController()
    const gate = options.gate && resources.use(openGateContext(options.gate))
    const lock = await lockExecutor({
      databaseUrl: options.databaseUrl,
      application,
      executorId,
      onLost: (error) => onLog('warn', `executor ${executorId}: its session ended: ${String(error)}`),
    })
    if (!lock)
      throw new GateError('OPTIONS_INVALID', `executorId ${executorId}: another process has this name`)
    resources.use(lock)

    const work = async (request: PromotionRequest): Promise<PromotionResult> => {
      if (!gate) throw failed('this process only enqueues')
      return await promotionWorkflow(gate, request, {
        attempts: options.stepAttempts ?? 4,
        retryDelayMs: options.retryDelayMs ?? 1_000,
        onProgress: options.onProgress,
        stopping: stopping.signal,
      })
    }
    const workflow = loadDbos().registerWorkflow(work, {
      name: workflowName,
      maxRecoveryAttempts: options.maxRecoveries ?? 20,
    })
    loadDbos().setConfig({
      name: application,
      systemDatabaseUrl: options.databaseUrl,
      executorID: executorId,
      applicationVersion,
      logger: toLogger(onLog),
      ...(!gate && { listenQueues: [] }),
    })
    // DBOS makes and migrates its tables at the start; two processes at once would be in each other's way.
    await lock.alone(() => loadDbos().launch())
    const queues = await openQueues(options)
    const watch =
      gate && recoverDead({ lock, executorId, workflowName, intervalMs: recoveryIntervalMs, onLog })
    running = { queues, workflow, watch, resources: resources.move(), stopping }
  }

  async function stop({ graceMs = 10_000 }: { readonly graceMs?: number | undefined } = {}): Promise<void> {
    const stopped = running
    if (!stopped) return
    running = undefined
    await stopped.watch?.[Symbol.asyncDispose]()
    await loadDbos().shutdown({ deregister: true, workflowCompletionTimeoutMS: graceMs })
    stopped.stopping.abort(failed('the engine was stopped'))
    await stopped.resources.disposeAsync()
  }

  function started(): Running {
    if (!running) throw failed('the engine was not started')
    return running
  }

  async function findStatus(key: string): Promise<WorkflowStatus | undefined> {
    started()
    const status = await patiently(() => loadDbos().getWorkflowStatus(key))
    return status?.workflowName === workflowName ? status : undefined
  }

  async function enqueue(request: PromotionRequest, { key, ended }: EnqueueOptions = {}): Promise<JobHandle> {
    const { queues, workflow } = started()
    const id = key ?? digestOf(canonicalJson(request))
    if (id === '' || id.length > maxKeyLength) {
      throw new GateError('OPTIONS_INVALID', `a key has 1 to ${maxKeyLength} characters, not ${id.length}`)
    }
    const queueName = await queues.forDestination(request.to)
    const existing = await loadDbos().getWorkflowStatus(id)
    if (existing) {
      refuseOther(existing, request)
      const repeat = (ended ?? (key === undefined ? 'repeat' : 'return')) === 'repeat'
      if (repeat && hasEnded(existing)) await rewind(id, queueName)
    } else {
      await loadDbos().startWorkflow(workflow, { workflowID: id, queueName })(request)
    }
    return handleOf(id)
  }

  async function rewind(id: string, queueName: string): Promise<void> {
    try {
      await loadDbos().rewindWorkflow(id, { queueName, applicationVersion })
    } catch (cause) {
      // Another process was faster: then it is under way.
      const now = await findStatus(id)
      if (!now || hasEnded(now)) throw cause
    }
  }

  async function result(
    key: string,
    { signal, pollMs = 1_000 }: { signal?: AbortSignal | undefined; pollMs?: number | undefined } = {},
  ): Promise<PromotionResult> {
    for (;;) {
      signal?.throwIfAborted()
      const ended = (await mustFind(key)).result
      if (ended) return ended
      await delay(pollMs, undefined, { signal }).catch((error: unknown) => {
        throw signal?.aborted ? signal.reason : error
      })
    }
  }

  async function mustFind(key: string): Promise<PromotionJob> {
    const status = await findStatus(key)
    if (!status) throw new GateError('OPTIONS_INVALID', `no promotion has the key ${key}`)
    return toJob(status)
  }

  const handleOf = (key: string): JobHandle => ({
    key,
    status: () => mustFind(key),
    result: (waiting) => result(key, waiting),
  })

  return {
    start,
    stop,
    // Whoever enqueues twice gets the same job, so it may be asked again.
    enqueue: (request, choice) => patiently(() => enqueue(request, choice)),
    result,
    async find(key) {
      const status = await findStatus(key)
      return status && toJob(status)
    },
    async list({ state, limit = 100, offset = 0 }: JobFilter = {}) {
      started()
      const statuses = await patiently(() =>
        loadDbos().listWorkflows({
          workflowName,
          ...(state && { status: [...statesOf[state]] }),
          limit,
          offset,
          sortDesc: true,
        }),
      )
      return statuses.map(toJob)
    },
    async cancel(key) {
      const status = await findStatus(key)
      if (!status || hasEnded(status)) return false
      await patiently(() => loadDbos().cancelWorkflow(key))
      return (await mustFind(key)).state === 'cancelled'
    },
    [Symbol.asyncDispose]: () => stop(),
  }
}

const hasEnded = ({ status }: WorkflowStatus): boolean => !['ENQUEUED', 'DELAYED', 'PENDING'].includes(status)

function refuseOther(existing: WorkflowStatus, request: PromotionRequest): void {
  const known = existing.workflowName === workflowName ? existing.input?.[0] : undefined
  if (canonicalJson(known) === canonicalJson(request)) return
  throw new GateError(
    'OPTIONS_INVALID',
    `the key ${existing.workflowID} is of another request; name another one`,
  )
}

function failed(message: string, cause?: unknown): GateError {
  return new GateError('ENGINE_FAILED', message, { cause, retryable: cause !== undefined })
}

function toLogger(onLog: NonNullable<DbosEngineOptions['onLog']>) {
  const at = (level: Parameters<typeof onLog>[0]) => (entry: unknown) => onLog(level, String(entry))
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function logToStderr(level: string, message: string): void {
  if (level === 'warn' || level === 'error') process.stderr.write(`${level}: ${message.split('\n', 1)[0]}\n`)
}
