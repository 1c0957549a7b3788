import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createHostLimiter } from './host-limiter.ts'
import { createMeteredTransport, type MeteredRequest } from './metered-transport.ts'
import { createRequestCounts } from './request-counts.ts'
import type { WireRequest } from './transport.ts'
import { createWarningReporter } from './warnings.ts'

describe('createMeteredTransport', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** Requests that are sent and never answered, over a host with four places. */
  function unanswered() {
    const limiter = createHostLimiter({ requests: 4 })
    const sent: WireRequest[] = []
    const transport = createMeteredTransport({
      transport: {
        send: (request) => {
          sent.push(request)
          return new Promise((_, reject) => {
            request.signal?.addEventListener('abort', () => reject(request.signal?.reason as Error))
          })
        },
        scopeOf: () => 'public',
        close: async () => {},
      },
      limiter,
      counts: createRequestCounts(),
      warnings: createWarningReporter(undefined),
      smallTimeoutMs: 1000,
      bodyTimeoutMs: 1000,
    })
    const request = { method: 'GET', url: new URL('http://r.example/'), headers: {}, attempt: 1 } as const
    return {
      limiter,
      sent,
      send: (lane: MeteredRequest['lane'], extra: Partial<MeteredRequest> = {}) =>
        transport.send({ ...request, ...extra, lane }),
    }
  }

  it('gives a small request its whole time after the wait for its host', async () => {
    const { limiter, sent, send } = unanswered()
    const releases = await Promise.all([1, 2, 3, 4].map(() => limiter.acquire('r.example', 'small')))
    const outcome = send('small').catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sent).toHaveLength(0)
    releases[0]?.()
    await vi.advanceTimersByTimeAsync(999)
    expect(sent.map(({ signal }) => signal?.aborted)).toEqual([false])
    await vi.advanceTimersByTimeAsync(1)
    expect(await outcome).toMatchObject({ name: 'TimeoutError' })
  })

  it('gives a blob that is sent all the time that its bytes take', async () => {
    const { sent, send } = unanswered()
    void send('blob', { method: 'PUT' }).catch(() => undefined)
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(sent.map(({ signal }) => signal?.aborted)).toEqual([false])
  })

  it('does not wait longer for the beginning of a blob than for a small answer', async () => {
    const { send } = unanswered()
    const outcome = send('blob').catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(1000)
    expect(await outcome).toMatchObject({ name: 'TimeoutError' })
  })

  it('gives its place back after a failure', async () => {
    const { limiter, send } = unanswered()
    const failures = Array.from({ length: 8 }, () => send('small').catch(() => 'failed'))
    await vi.advanceTimersByTimeAsync(2000)
    expect(await Promise.all(failures)).toEqual(Array.from({ length: 8 }, () => 'failed'))
    await Promise.all([1, 2, 3, 4].map(() => limiter.acquire('r.example', 'small')))
  })
})
