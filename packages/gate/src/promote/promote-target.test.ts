import { digestOf } from '@sallyport/core'
import {
  createImage,
  pushImage,
  type RegistryRequest,
  type RequestHook,
  startRegistry,
  type TestRegistry,
} from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import type { Journal, JournaledStep } from '../ports/journal.ts'
import { debianImage } from './debian-image.fixture.ts'
import type { PromoteOptions } from './options.ts'
import { openTestGate } from './test-gate.fixture.ts'

const previous = createImage(debianImage({ data: 'previous' }))
const foreign = createImage(debianImage({ data: 'foreign' }))

/** A source in one registry, and another registry in which the tag is at another image already. */
async function openTarget() {
  const build = await startRegistry()
  const prod = await startRegistry()
  const gate = await openTestGate()
  const [from, to] = [`${build.host}/build/app:1`, `${prod.host}/prod/app:1`]
  await pushImage(gate.repository(from), createImage(debianImage()), '1')
  await pushImage(gate.repository(to), previous, '1')
  prod.clearRequests()
  return {
    prod,
    gate,
    target: gate.repository(to),
    tag: () => prod.resolve('prod/app', '1'),
    promote: (options?: Partial<PromoteOptions>) => gate.promote({ from, to, ...options }),
    async [Symbol.asyncDispose]() {
      await build.close()
      await prod.close()
      await gate[Symbol.asyncDispose]()
    },
  }
}

const refuse = (status: number, matches: (request: RegistryRequest) => boolean): RequestHook => {
  return (request) => (matches(request) ? { type: 'respond', status, body: '{}' } : undefined)
}
const isPut = ({ method, kind }: RegistryRequest) => method === 'PUT' && kind === 'manifest'
/** Lets the first so many requests through. */
const after = (count: number, matches: (request: RegistryRequest) => boolean) => {
  let seen = 0
  return (request: RegistryRequest) => matches(request) && ++seen > count
}
/** Does something once, before the first matching request is handled. */
const once = (matches: (request: RegistryRequest) => boolean, work: () => Promise<unknown>): RequestHook => {
  let done = false
  return async (request) => {
    if (done || !matches(request)) return undefined
    done = true
    await work()
    return undefined
  }
}

describe('promote to a target that refuses', () => {
  it.each<[string, () => (request: RegistryRequest) => boolean, number, string, string]>([
    [
      'the second blob',
      () => after(1, ({ method, kind }) => method === 'PUT' && kind === 'upload'),
      500,
      'push',
      'REGISTRY_ERROR',
    ],
    [
      'all uploads',
      () =>
        ({ method, kind }) =>
          method === 'POST' && kind === 'upload',
      403,
      'push',
      'DENIED',
    ],
    ['the manifest', () => isPut, 403, 'push', 'DENIED'],
    ['the first referrer', () => after(1, isPut), 403, 'attest', 'DENIED'],
    [
      'evidence under tags',
      () => (request) => isPut(request) && request.reference!.startsWith('sha256-'),
      403,
      'attest',
      'DENIED',
    ],
    [
      'the last signature',
      () => (request) => isPut(request) && request.reference!.endsWith('.sig'),
      500,
      'attest',
      'REGISTRY_ERROR',
    ],
    ['the tag', () => (request) => isPut(request) && request.reference === '1', 403, 'publish', 'DENIED'],
  ])(
    '%s ends in error, moves no tag, and goes on where it stopped',
    async (_title, matching, status, step, code) => {
      await using test = await openTarget()
      test.prod.setRequestHook(refuse(status, matching()))
      const outcome = await test.promote()
      expect(outcome).toMatchObject({
        verdict: 'error',
        error: {
          name: 'GateError',
          code: 'STEP_FAILED',
          step,
          cause: expect.objectContaining({ code, status }),
        },
      })
      expect(test.tag()).toBe(previous.raw.descriptor.digest)
      expect((await test.gate.journal.list()).items).toMatchObject([{ verdict: 'error' }])

      const uploaded = test.prod.snapshot()['prod/app']!.blobs
      test.prod.setRequestHook(undefined)
      test.prod.clearRequests()
      const again = await test.promote()
      expect(again).toMatchObject({
        verdict: 'pass',
        changed: true,
        previousDigest: previous.raw.descriptor.digest,
      })
      expect(test.tag()).toBe(again.verdict === 'pass' && again.digest)
      const repeated = test.prod.requests.filter(
        ({ method, kind, digest }) => method === 'PUT' && kind === 'upload' && uploaded.includes(digest!),
      )
      expect(repeated).toEqual([])
    },
  )
})

describe('promote while someone else moves the tag', () => {
  it.each<[string, (seen: { put: boolean }) => (request: RegistryRequest) => boolean]>([
    [
      'after it was resolved',
      () =>
        ({ method, kind }) =>
          method === 'POST' && kind === 'upload',
    ],
    [
      'after it was published',
      (seen) => (request) => {
        if (isPut(request) && request.reference === '1') seen.put = true
        return seen.put && request.method === 'GET' && request.reference === '1'
      },
    ],
  ])('%s gives a conflict and leaves the tag where they put it', async (_title, matching) => {
    await using test = await openTarget()
    const hook = once(matching({ put: false }), async () => {
      test.prod.setRequestHook(undefined)
      await pushImage(test.target, foreign, '1')
    })
    test.prod.setRequestHook(hook)
    const outcome = await test.promote()
    expect(outcome).toMatchObject({
      verdict: 'error',
      error: { code: 'TAG_CONFLICT', step: 'publish', side: 'target', retryable: true },
    })
    expect(test.tag()).toBe(foreign.raw.descriptor.digest)
  })

  it('gives a conflict when they delete it', async () => {
    await using test = await openTarget()
    test.prod.setRequestHook(
      once(
        ({ kind }) => kind === 'upload',
        async () => {
          test.prod.setRequestHook(undefined)
          await fetch(`${test.prod.url}/v2/prod/app/manifests/1`, { method: 'DELETE' })
        },
      ),
    )
    expect(await test.promote()).toMatchObject({ verdict: 'error', error: { code: 'TAG_CONFLICT' } })
    expect(test.tag()).toBeUndefined()
  })
})

describe('promote to a target that does not keep what it was given', () => {
  type Loss = (registry: TestRegistry) => Promise<unknown> | RequestHook
  const referrer = (registry: TestRegistry) =>
    registry.requests.flatMap(({ manifest }) => (manifest?.subject ? [manifest] : []))[0]!
  const remove = (registry: TestRegistry, kind: 'blobs' | 'manifests', reference: string) =>
    fetch(`${registry.url}/v2/prod/app/${kind}/${reference}`, { method: 'DELETE' })
  const tagOf = (registry: TestRegistry, suffix: string) =>
    Object.keys(registry.snapshot()['prod/app']!.tags).find((tag) => tag.endsWith(suffix))!
  const uploads = (registry: TestRegistry) =>
    registry.requests.filter(({ method, kind }) => method === 'PUT' && kind === 'upload')

  it.each<[string, Loss]>([
    ['a referrer vanishes', (registry) => remove(registry, 'manifests', referrer(registry).digest)],
    [
      'the signature under its tag vanishes',
      (registry) => remove(registry, 'manifests', tagOf(registry, '.sig')),
    ],
    [
      'the attestations under their tag are replaced',
      async (registry) => {
        const url = `${registry.url}/v2/prod/app/manifests/${tagOf(registry, '.att')}`
        const manifest = (await (await fetch(url)).json()) as { mediaType: string; layers: object[] }
        // As a writer leaves it that read the tag before us and wrote after us.
        const body = JSON.stringify({ ...manifest, layers: manifest.layers.slice(0, 1) })
        return await fetch(url, { method: 'PUT', body, headers: { 'content-type': manifest.mediaType } })
      },
    ],
    [
      'the image’s manifest vanishes',
      (registry) => remove(registry, 'manifests', referrer(registry).subject!),
    ],
    ['a layer vanishes', (registry) => remove(registry, 'blobs', uploads(registry)[0]!.digest!)],
    [
      'a signed document vanishes',
      async (registry) => {
        const response = await fetch(`${registry.url}/v2/prod/app/manifests/${tagOf(registry, '.sig')}`)
        const { layers } = (await response.json()) as { layers: { digest: string }[] }
        return await remove(registry, 'blobs', layers[0]!.digest)
      },
    ],
    [
      'every document comes back damaged',
      () =>
        ({ method, kind }) =>
          method === 'GET' && kind === 'blob' ? { type: 'alter-response', flipByteAt: 3 } : undefined,
    ],
    [
      'the manifest comes back damaged',
      (registry) => {
        const { subject } = referrer(registry)
        return ({ reference }) =>
          reference === subject ? { type: 'alter-response', flipByteAt: 3 } : undefined
      },
    ],
  ])('%s: the verification fails and the tag does not move', async (_title, lose) => {
    await using test = await openTarget()
    const outcome = await test.promote({
      onProgress: ({ type, step }) => {
        if (type !== 'step-started' || step !== 'verify') return
        test.prod.setRequestHook(async (request) => {
          test.prod.setRequestHook(undefined)
          const lost = lose(test.prod)
          if (typeof lost !== 'function') {
            expect((await (lost as Promise<Response>)).ok).toBe(true)
            return undefined
          }
          test.prod.setRequestHook(lost)
          return lost(request)
        })
      },
    })
    expect(outcome).toMatchObject({
      verdict: 'error',
      error: { code: 'VERIFICATION_FAILED', step: 'verify', side: 'target' },
    })
    expect(test.tag()).toBe(previous.raw.descriptor.digest)

    test.prod.setRequestHook(undefined)
    expect(await test.promote()).toMatchObject({ verdict: 'pass', changed: true })
  })

  it('leaves an image alone that somebody tagged as attestations, and says so', async () => {
    await using test = await openTarget()
    let tag = ''
    const outcome = await test.promote({
      onProgress: ({ type, step }) => {
        if (type !== 'step-started' || step !== 'verify') return
        test.prod.setRequestHook(async () => {
          test.prod.setRequestHook(undefined)
          tag = tagOf(test.prod, '.att')
          const { bytes, descriptor } = previous.raw
          const headers = { 'content-type': descriptor.mediaType }
          const url = `${test.prod.url}/v2/prod/app/manifests/${tag}`
          const { ok } = await fetch(url, { method: 'PUT', body: Buffer.from(bytes), headers })
          expect(ok).toBe(true)
          return undefined
        })
      },
    })
    expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'VERIFICATION_FAILED' } })
    expect(await test.promote()).toMatchObject({
      verdict: 'error',
      error: { code: 'STEP_FAILED', step: 'attest', cause: { code: 'STORE_CONFLICT' } },
    })
    expect(test.prod.resolve('prod/app', tag)).toBe(previous.raw.descriptor.digest)
    expect(test.tag()).toBe(previous.raw.descriptor.digest)
  })
})

type Failing = 'begin' | 'saveStep' | 'saveEvidence' | 'finish'

describe('promote with a journal that fails', () => {
  const failing = (
    journal: Journal,
    method: Failing,
    matches: (...values: unknown[]) => boolean,
  ): Journal => ({
    ...journal,
    [method]: async (...values: never[]) => {
      if (matches(...values)) throw new Error('disk full')
      return await (journal[method] as (...values: never[]) => Promise<unknown>)(...values)
    },
  })

  const isStep =
    (name: string) =>
    (...[, , step]: unknown[]) =>
      (step as JournaledStep).name === name

  it.each<[string, Failing, (...values: unknown[]) => boolean]>([
    ['at the beginning', 'begin', () => true],
    ['at a step', 'saveStep', isStep('rescan linux/amd64')],
    ['when evidence is kept', 'saveEvidence', () => true],
    ['after verification', 'saveStep', isStep('verify')],
  ])('%s moves no tag', async (_title, method, matches) => {
    await using test = await openTarget()
    const outcome = await test.promote({ journal: failing(test.gate.journal, method, matches) })
    expect(outcome).toMatchObject({
      verdict: 'error',
      error: { message: expect.stringContaining('disk full') },
    })
    expect(test.tag()).toBe(previous.raw.descriptor.digest)
  })

  it.each<[string, Failing, (...values: unknown[]) => boolean]>([
    ['publish', 'saveStep', isStep('publish')],
    ['record', 'finish', () => true],
  ])(
    'after the tag has moved says so, and the next run completes the record (%s)',
    async (step, method, matches) => {
      await using test = await openTarget()
      const outcome = await test.promote({ journal: failing(test.gate.journal, method, matches) })
      expect(outcome).toMatchObject({
        verdict: 'error',
        error: {
          code: 'STEP_FAILED',
          step,
          retryable: true,
          message: expect.stringContaining(`is at ${test.tag()}`),
        },
      })
      expect(test.tag()).not.toBe(previous.raw.descriptor.digest)
      expect(await test.promote()).toMatchObject({ verdict: 'pass', changed: false, digest: test.tag() })
      expect((await test.gate.journal.list()).items).toMatchObject([
        { verdict: 'pass', targetDigest: test.tag() },
      ])
    },
  )

  it('refuses kept evidence that can not be read', async () => {
    await using test = await openTarget()
    const findEvidence: Journal['findEvidence'] = async (_key, judgement) => ({
      judgement,
      decidedAt: '2026-11-25T12:00:00.000Z',
      documents: '[{"subject":',
    })
    const outcome = await test.promote({ journal: { ...test.gate.journal, findEvidence } })
    expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'JOURNAL_CORRUPT' } })
    expect(digestOf(previous.raw.bytes)).toBe(test.tag())
  })
})
