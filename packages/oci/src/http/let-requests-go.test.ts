import type { Dispatcher } from 'undici'
import { describe, expect, it, vi } from 'vitest'
import { letRequestsGo } from './let-requests-go.ts'

type Controller = Dispatcher.DispatchController
type Handler = Required<Dispatcher.DispatchHandler>

const requestOf = () => ({
  aborted: false,
  paused: true,
  reason: null,
  rawHeaders: ['name', 'value'],
  rawTrailers: [],
  abort: vi.fn<Controller['abort']>(),
  pause: vi.fn<Controller['pause']>(),
  resume: vi.fn<Controller['resume']>(),
})

/** A request between a handler that keeps what it is given, as those of undici do, and a dispatcher that is played. */
function start() {
  const calls: string[] = []
  let kept: Controller | undefined
  let keptOfAnswer: Controller | undefined
  const note = (name: string) => () => void calls.push(name)
  const handler: Handler = {
    onRequestStart(controller) {
      kept = controller
    },
    onRequestUpgrade: note('upgrade'),
    onResponseStarted: note('started'),
    onResponseStart(controller) {
      keptOfAnswer = controller
      calls.push('start')
    },
    onResponseData: note('data'),
    onResponseEnd: note('end'),
    onResponseError: note('error'),
    onBodySent: note('body sent'),
    onRequestSent: note('request sent'),
  }
  let inner: Dispatcher.DispatchHandler | undefined
  const options = { path: '/', method: 'GET' } as const
  letRequestsGo((passed, wrapped) => {
    expect(passed).toBe(options)
    inner = wrapped
    return true
  })(options, handler)
  const request = requestOf()
  inner!.onRequestStart!(request, undefined)
  return { request, inner: inner!, kept: kept!, keptOfAnswer: () => keptOfAnswer!, calls }
}

describe('letRequestsGo', () => {
  it('passes on what a handler does with its request while it runs', () => {
    const { request, kept } = start()
    const reason = new Error('enough')
    kept.pause()
    kept.resume()
    kept.abort(reason)
    expect(request.pause).toHaveBeenCalledOnce()
    expect(request.resume).toHaveBeenCalledOnce()
    expect(request.abort).toHaveBeenCalledExactlyOnceWith(reason)
    expect(kept).toMatchObject({ aborted: false, paused: true, reason: null, rawHeaders: ['name', 'value'] })
  })

  it('passes on what comes of the request', () => {
    const { request, inner, calls } = start()
    inner.onBodySent!(Buffer.from('x'))
    inner.onRequestSent!()
    inner.onResponseStarted!()
    inner.onResponseStart!(request, 200, {}, 'OK')
    inner.onResponseData!(request, Buffer.from('x'))
    inner.onResponseEnd!(request, {})
    expect(calls).toEqual(['body sent', 'request sent', 'started', 'start', 'data', 'end'])
  })

  it.each([
    ['ended', (inner: Dispatcher.DispatchHandler, request: Controller) => inner.onResponseEnd!(request, {})],
    [
      'failed',
      (inner: Dispatcher.DispatchHandler, request: Controller) =>
        inner.onResponseError!(request, new Error('reset')),
    ],
  ])('leads to the request no more once it has %s', (_, end) => {
    const { request, inner, kept, keptOfAnswer } = start()
    inner.onResponseStart!(request, 200, {}, 'OK')
    keptOfAnswer().resume()
    expect(request.resume).toHaveBeenCalledOnce()
    request.resume.mockClear()
    end(inner, request)
    kept.abort(new Error('late'))
    keptOfAnswer().abort(new Error('late'))
    keptOfAnswer().resume()
    kept.resume()
    expect(request.abort).not.toHaveBeenCalled()
    expect(request.resume).not.toHaveBeenCalled()
    expect(kept.rawHeaders).toBeNull()
  })
})
