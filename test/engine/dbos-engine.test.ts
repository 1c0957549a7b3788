import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { PromotionProgress, PromotionRequest } from '@sallyport/gate'
import { dbosEngine, type DbosEngineOptions, type Engine } from '@sallyport/gate/dbos'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { generateGateKeys, readTargetState, smallImage } from '@sallyport/test-chaos'
import { type RunningService, startPostgres } from '@sallyport/test-tools'
import { faultOn, pushImage, registryFaults, startRegistry, type TestRegistry } from '@sallyport/testkit'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openEngine, requestFor, type Site } from './promotions.ts'
import { startWorkers } from './worker-pool.ts'

const client = createRegistryClient()
let directory: string
let postgres: RunningService
let source: TestRegistry
let target: TestRegistry
let site: Site
let number = 0
const waiting = { pollMs: 50 }

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-dbos-'))
  await chmod(directory, 0o711)
  postgres = await startPostgres({ directory: join(directory, 'postgres') })
  source = await startRegistry()
  target = await startRegistry()
  await mkdir(join(directory, 'work'))
  site = { databaseUrl: postgres.url, keys: generateGateKeys(), directory: join(directory, 'work') }
})
afterAll(async () => {
  await client.close()
  await source?.close()
  await target?.close()
  await postgres?.stop()
  await rm(directory, { recursive: true, force: true })
})
beforeEach(() => {
  source.setRequestHook(undefined)
  target.setRequestHook(undefined)
})

/** The promotion of an image that no other test has. */
async function newRequest() {
  number++
  const repository = client.repository(parseReference(`${source.host}/build/app-${number}`))
  await pushImage(repository, smallImage(`app-${number}`), '1')
  return requestFor(number, source.host, target.host)
}

async function withEngine<T>(
  { work: works, ...options }: Partial<DbosEngineOptions> & { readonly work?: boolean },
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  await using opened = await openEngine({ ...site, work: works }, { onLog: () => undefined, ...options })
  return await work(opened.engine)
}

describe('enqueue', () => {
  it('does what is enqueued twice once, and again when it is asked for after its end', async () => {
    const request = await newRequest()
    await withEngine({}, async (engine) => {
      const handle = await engine.enqueue(request)
      expect((await engine.enqueue(request)).key).toBe(handle.key)
      const result = await handle.result(waiting)
      expect(result).toMatchObject({ verdict: 'pass', target: request.to, changed: true })
      expect(await handle.status()).toMatchObject({ state: 'finished', starts: 1, request })
      expect(await readTargetState(client, request.to, site.keys)).toMatchObject({ rejected: 0 })

      const again = await engine.enqueue(request)
      expect(await again.result(waiting)).toMatchObject({ verdict: 'pass', changed: false })
    })
  })

  it('gives the result of a key of its own, until it is to be repeated; the key of another request is refused', async () => {
    const request = await newRequest()
    const other = await newRequest()
    await withEngine({}, async (engine) => {
      const key = `event-${number}`
      await (await engine.enqueue(request, { key })).result(waiting)
      expect((await (await engine.enqueue(request, { key })).status()).state).toBe('finished')
      await expect(engine.enqueue(other, { key })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
      const repeated = await engine.enqueue(request, { key, ended: 'repeat' })
      expect(await repeated.result(waiting)).toMatchObject({ verdict: 'pass', changed: false })
    })
  })

  it.each([
    ['empty', ''],
    ['too long', 'k'.repeat(257)],
  ])('refuses a key that is %s', async (_title, key) => {
    const request = await newRequest()
    await withEngine({ work: false }, async (engine) => {
      await expect(engine.enqueue(request, { key })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
    })
  })
})

describe('errors', () => {
  it('are results with their code and step, after as many tries as may be, when they may pass', async () => {
    const request = { ...(await newRequest()), from: '127.0.0.1:1/nobody/is:here' }
    const steps: PromotionProgress[] = []
    const result = await withEngine(
      { stepAttempts: 3, retryDelayMs: 1, onProgress: (progress) => steps.push(progress) },
      async (engine) => (await engine.enqueue(request)).result(waiting),
    )
    expect(result).toMatchObject({
      verdict: 'error',
      error: { code: 'STEP_FAILED', step: 'resolve', retryable: true },
    })
    expect(steps.map(({ type, step }) => `${type} ${step}`)).toEqual(Array(3).fill('step-started resolve'))
  })

  it('that may not pass are not tried again', async () => {
    const request = { ...(await newRequest()), from: `${source.host}/build/nothing:1` }
    const steps: PromotionProgress[] = []
    const result = await withEngine({ onProgress: (progress) => steps.push(progress) }, async (engine) =>
      (await engine.enqueue(request)).result(waiting),
    )
    expect(result).toMatchObject({ verdict: 'error', error: { code: 'STEP_FAILED', retryable: false } })
    expect(steps).toHaveLength(1)
  })

  it('that pass are seen by nobody', async () => {
    const request = await newRequest()
    // The client gives up after four tries; the step is tried again.
    target.setRequestHook(faultOn({ method: 'POST', nth: 1, times: 6 }, registryFaults.serverError(503, 0)))
    const result = await withEngine({}, async (engine) => (await engine.enqueue(request)).result(waiting))
    expect(result).toMatchObject({ verdict: 'pass' })
  })
})

describe('cancel', () => {
  it('keeps what waits from beginning', async () => {
    const request = await newRequest()
    await withEngine({ work: false }, async (engine) => {
      const handle = await engine.enqueue(request)
      expect(await engine.cancel(handle.key)).toBe(true)
      expect(await engine.cancel(handle.key)).toBe(false)
      expect(await handle.result(waiting)).toMatchObject({ verdict: 'error', error: { code: 'CANCELLED' } })
      expect((await engine.list({ state: 'cancelled' })).map(({ key }) => key)).toContain(handle.key)
    })
  })

  it('interrupts a step, and moves no tag', async () => {
    const request = await newRequest()
    const reached = Promise.withResolvers<void>()
    const held = Promise.withResolvers<undefined>()
    target.setRequestHook(({ method }) => {
      if (method !== 'POST') return undefined
      reached.resolve()
      return held.promise
    })
    await withEngine({}, async (engine) => {
      const handle = await engine.enqueue(request)
      await reached.promise
      expect(await engine.cancel(handle.key)).toBe(true)
      expect(await handle.result(waiting)).toMatchObject({ verdict: 'error', error: { code: 'CANCELLED' } })
      held.resolve(undefined)
      target.setRequestHook(undefined)
      expect(target.resolve(`prod/app-${number}`, '1')).toBeUndefined()
      // It can be taken up again.
      expect(await (await engine.enqueue(request)).result(waiting)).toMatchObject({ verdict: 'pass' })
    })
  })
})

describe('processes', () => {
  it('leave what they do not finish to the next one', async () => {
    const request = await newRequest()
    const reached = Promise.withResolvers<void>()
    const held = Promise.withResolvers<undefined>()
    target.setRequestHook(({ method }) => {
      if (method !== 'POST') return undefined
      reached.resolve()
      return held.promise
    })
    const { key } = await withEngine({}, async (engine) => {
      const handle = await engine.enqueue(request)
      await reached.promise
      await engine.stop({ graceMs: 0 })
      return handle
    })
    held.resolve(undefined)
    target.setRequestHook(undefined)
    const steps: string[] = []
    await withEngine({ onProgress: ({ type, step }) => steps.push(`${type} ${step}`) }, async (engine) => {
      expect(await engine.result(key, waiting)).toMatchObject({ verdict: 'pass' })
      expect((await engine.find(key))?.starts).toBe(2)
    })
    // What had ended before is not done again.
    expect(steps).not.toContain('step-started resolve')
    expect(steps).toContain('step-finished record')
  })

  it('leave what a process that lives does alone', async () => {
    const requests = [await newRequest(), await newRequest(), await newRequest(), await newRequest()]
    await withEngine({ work: false }, async (engine) => {
      await using workers = startWorkers(2, { ...site, concurrency: 1 })
      await workers.ready()
      const handles = []
      for (const request of requests) handles.push(await engine.enqueue(request))
      for (const handle of handles) {
        expect(await handle.result(waiting)).toMatchObject({ verdict: 'pass' })
        expect((await handle.status()).starts).toBe(1)
      }
    })
  })

  it('have names of their own', async () => {
    await withEngine({ executorId: 'the one', work: false }, async () => {
      await using second = startWorkers(1, { ...site, executorId: 'the one' })
      await expect(second.ready()).rejects.toThrow(/ended by itself/)
    })
  }, 60_000)

  it('survive the loss of their sessions, and have their name again', async () => {
    const request = await newRequest()
    const logged: string[] = []
    await withEngine(
      { executorId: 'the survivor', onLog: (_level, message) => logged.push(message) },
      async (engine) => {
        await using admin = await openAdmin()
        await admin.endSessions()
        expect(await (await engine.enqueue(request)).result(waiting)).toMatchObject({ verdict: 'pass' })
        await expect.poll(() => admin.countLocks('sallyport executor'), { timeout: 20_000 }).toBe(1)
      },
    )
    expect(logged.join('\n')).toMatch(/executor the survivor: its session ended/)
  })

  it('keep to the limits of a registry', async () => {
    // A registry that no engine knows yet.
    await using limited = await startRegistry()
    const requests: PromotionRequest[] = []
    for (let count = 0; count < 3; count++) {
      await newRequest()
      requests.push(requestFor(number, source.host, limited.host))
    }
    let atWork = 0
    let most = 0
    const limits = { [limited.host]: { total: 1 } }
    const onProgress = ({ type, step }: PromotionProgress) => {
      if (type === 'step-started' && step === 'resolve') most = Math.max(most, ++atWork)
      if (type === 'step-finished' && step === 'record') atWork--
    }
    await withEngine({ limits, onProgress, pollMs: 50 }, async (engine) => {
      const handles = []
      for (const request of requests) handles.push(await engine.enqueue(request))
      for (const handle of handles) await handle.result(waiting)
    })
    expect(most).toBe(1)
  })
})

it('waiting ends by its signal, the promotion does not', async () => {
  const request = await newRequest()
  await withEngine({ work: false }, async (engine) => {
    const handle = await engine.enqueue(request)
    const reason = new Error('no time')
    const waited = handle.result({ signal: AbortSignal.any([abortSoon(reason)]) })
    await expect(waited).rejects.toBe(reason)
    expect((await handle.status()).state).toBe('queued')
    await engine.cancel(handle.key)
  })
})

/** A session of the superuser, apart from those of the engine. */
async function openAdmin() {
  const session = new Client({ connectionString: postgres.url })
  await session.connect()
  return {
    endSessions: () =>
      session.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IS NOT NULL AND pid <> pg_backend_pid()',
      ),
    countLocks: async (application: string) => {
      const { rows } = await session.query<{ held: string }>(
        `SELECT count(*) AS held FROM pg_locks JOIN pg_stat_activity USING (pid)
         WHERE locktype = 'advisory' AND application_name = $1`,
        [application],
      )
      return Number(rows[0]?.held)
    },
    countSessions: async () => {
      const { rows } = await session.query<{ open: string }>(
        'SELECT count(*) AS open FROM pg_stat_activity WHERE datname IS NOT NULL AND pid <> pg_backend_pid()',
      )
      return Number(rows[0]?.open)
    },
    [Symbol.asyncDispose]: () => session.end(),
  }
}

function abortSoon(reason: Error): AbortSignal {
  const controller = new AbortController()
  void delay(50).then(() => controller.abort(reason))
  return controller.signal
}

it('an engine that was not started says so', async () => {
  await withEngine({ work: false }, async (engine) => {
    await engine.stop()
    await expect(engine.list()).rejects.toMatchObject({ code: 'ENGINE_FAILED' })
  })
})

it('an engine whose PostgreSQL is not there does not start', async () => {
  const engine = dbosEngine({ databaseUrl: 'postgresql://nobody:secret@127.0.0.1:1/nothing' })
  const refused = engine.start()
  await expect(refused).rejects.toMatchObject({ code: 'ENGINE_FAILED', retryable: true })
  await expect(refused).rejects.not.toThrow(/secret/)
})

it('leaves no session behind', async () => {
  await using admin = await openAdmin()
  await expect.poll(() => admin.countSessions(), { timeout: 5_000 }).toBe(0)
})
