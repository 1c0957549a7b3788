import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { call, manifestOf, pushBlob, pushSample, putManifest, start } from '../../testing/registry-calls.ts'
import type { RegistryRequest } from '../recorded-request.ts'
import { faultOn, firstFault } from './fault-on.ts'
import { registryFaults } from './registry-faults.ts'

const requestOf = (extra: Partial<RegistryRequest> = {}): RegistryRequest => ({
  method: 'GET',
  path: '/v2/a/manifests/v1',
  query: new URLSearchParams(),
  kind: 'manifest',
  repository: 'a',
  reference: 'v1',
  isTag: true,
  ...extra,
})
const fault = registryFaults.serverError()

describe('faultOn', () => {
  it.each([
    ['everything by default', {}, true],
    ['its method', { method: 'GET' }, true],
    ['one of several methods', { method: ['PUT', 'GET'] }, true],
    ['no other method', { method: 'PUT' }, false],
    ['its kind', { kind: 'manifest' }, true],
    ['no other kind', { kind: ['blob', 'upload'] }, false],
    ['its repository and reference', { repository: 'a', reference: 'v1' }, true],
    ['no other repository', { repository: 'b' }, false],
    ['no other reference', { reference: 'v2' }, false],
    ['what a function says', { where: ({ isTag }: RegistryRequest) => !isTag }, false],
  ] as const)('matches %s', async (_, match, expected) => {
    expect((await faultOn(match, fault)(requestOf())) === fault).toBe(expected)
  })

  it.each([
    [{}, 'xxxxx'],
    [{ nth: 2 }, '.x...'],
    [{ times: 2 }, 'xx...'],
    [{ nth: 2, times: 3 }, '.xxx.'],
  ])('with %j hits %s of five requests, not counting others', async (match, expected) => {
    const hook = faultOn({ kind: 'manifest', ...match }, fault)
    let hits = ''
    for (let count = 0; count < 5; count++) {
      expect(await hook(requestOf({ kind: 'ping' }))).toBeUndefined()
      hits += (await hook(requestOf())) ? 'x' : '.'
    }
    expect(hits).toBe(expected)
  })
})

it('firstFault takes the first fault, and lets every hook count every request', async () => {
  const [first, second] = [registryFaults.serverError(500), registryFaults.serverError(502)]
  const hook = firstFault(faultOn({ nth: 1 }, first), faultOn({ nth: 2 }, second), faultOn({ nth: 2 }, first))
  expect([await hook(requestOf()), await hook(requestOf()), await hook(requestOf())]).toEqual([
    first,
    second,
    undefined,
  ])
})

describe('registryFaults', () => {
  it.each([
    ['tooManyRequests in seconds', registryFaults.tooManyRequests(3), 429, '3', 'TOOMANYREQUESTS'],
    [
      'tooManyRequests at a date',
      registryFaults.tooManyRequests(new Date(Date.UTC(2026, 0, 1))),
      429,
      'Thu, 01 Jan 2026 00:00:00 GMT',
      'TOOMANYREQUESTS',
    ],
    ['tooManyRequests without a time', registryFaults.tooManyRequests(), 429, undefined, 'TOOMANYREQUESTS'],
    ['serverError', registryFaults.serverError(), 503, undefined, 'UNAVAILABLE'],
    ['serverError 502', registryFaults.serverError(502, 0), 502, '0', 'UNAVAILABLE'],
  ])('%s', async (_, injected, status, retryAfter, code) => {
    const registry = await start({ onRequest: () => injected })
    const answer = await call(registry, '/v2/')
    expect([answer.status, answer.headers['retry-after'], answer.code()]).toEqual([status, retryAfter, code])
  })

  it('cutRequest keeps what came before the cut', async () => {
    const registry = await start()
    const { headers } = await call(registry, '/v2/a/blobs/uploads/', { method: 'POST' })
    registry.setRequestHook(faultOn({ method: 'PATCH', nth: 1 }, registryFaults.cutRequest(3)))
    await expect(call(registry, headers.location!, { method: 'PATCH', body: 'content' })).rejects.toThrow()
    expect((await call(registry, headers.location!)).headers.range).toBe('0-2')
  })

  it('cutRequest of no bytes keeps nothing', async () => {
    const registry = await start()
    const { headers } = await call(registry, '/v2/a/blobs/uploads/', { method: 'POST' })
    registry.setRequestHook(faultOn({ method: 'PATCH', nth: 1 }, registryFaults.cutRequest()))
    await expect(call(registry, headers.location!, { method: 'PATCH', body: 'content' })).rejects.toThrow()
    const rest = await call(registry, headers.location!, { method: 'PATCH', body: 'content' })
    expect(rest.headers.range).toBe('0-6')
  })

  it.each([
    ['cutResponse', registryFaults.cutResponse(3)],
    ['wrongLength with bytes missing', registryFaults.wrongLength(1)],
    ['wrongLength with bytes too many', registryFaults.wrongLength(-1)],
  ])('%s leaves the client without the whole body', async (_, injected) => {
    const registry = await start()
    const { digest } = await pushBlob(registry, 'a', 'content')
    registry.setRequestHook(faultOn({ kind: 'blob', nth: 1 }, injected))
    const cut = call(registry, `/v2/a/blobs/${digest}`).then(({ bytes }) => bytes.toString())
    await expect(cut.then((text) => expect(text).toBe('content'))).rejects.toThrow()
    expect((await call(registry, `/v2/a/blobs/${digest}`)).bytes.toString()).toBe('content')
  })

  it('wrongByte and lyingDigest lie about content, under headers that fit', async () => {
    const registry = await start()
    const { digest } = await pushBlob(registry, 'a', 'content')
    const other = digestOf('other')
    registry.setRequestHook(
      firstFault(
        faultOn({ nth: 1 }, registryFaults.wrongByte()),
        faultOn({ nth: 2 }, registryFaults.lyingDigest(other)),
      ),
    )
    const wrong = await call(registry, `/v2/a/blobs/${digest}`)
    expect([
      wrong.headers['docker-content-digest'],
      wrong.bytes.length,
      digestOf(wrong.bytes) === digest,
    ]).toEqual([digest, 7, false])
    const lying = await call(registry, `/v2/a/blobs/${digest}`)
    expect([lying.headers['docker-content-digest'], lying.headers.etag, lying.bytes.toString()]).toEqual([
      other,
      `"${other}"`,
      'content',
    ])
  })

  it('slowResponse sends a piece whenever its timer says so', async () => {
    const pauses: number[] = []
    let release: (() => void) | undefined
    const waiting = new Promise<void>((resolve) => (release = resolve))
    const slow = registryFaults.slowResponse({
      bytes: 3,
      pauseMs: 50,
      sleep: (milliseconds) => {
        pauses.push(milliseconds)
        return pauses.length === 3 ? waiting : Promise.resolve()
      },
    })
    const registry = await start()
    const { digest } = await pushBlob(registry, 'a', 'content')
    registry.setRequestHook(faultOn({ kind: 'blob' }, slow))
    const answer = await fetch(`${registry.url}/v2/a/blobs/${digest}`)
    const reader = answer.body!.getReader()
    let text = ''
    while (text.length < 6) text += Buffer.from((await reader.read()).value!).toString()
    expect([text, pauses]).toEqual(['conten', [50, 50, 50]])
    release?.()
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('t')
  })

  it('staleTag reads a tag as it was, and nothing else', async () => {
    const registry = await start()
    const first = await pushSample(registry, 'a', 'v1')
    await putManifest(registry, 'a', await manifestOf(registry, 'a', { annotations: { b: 'c' } }), {
      tag: 'v1',
    })
    const second = registry.resolve('a', 'v1')
    await pushSample(registry, 'a', 'never-moved')
    registry.setRequestHook(faultOn({ method: ['GET', 'HEAD'] }, registryFaults.staleTag()))
    const read = async (reference: string, method = 'GET') =>
      (await call(registry, `/v2/a/manifests/${reference}`, { method })).headers['docker-content-digest']
    expect([
      await read('v1'),
      await read('v1', 'HEAD'),
      await read(second!),
      await read('never-moved'),
    ]).toEqual([first, first, second, first])
    registry.setRequestHook(undefined)
    expect(await read('v1')).toBe(second)
  })
})
