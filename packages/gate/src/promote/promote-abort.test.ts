import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { debianImage } from './debian-image.fixture.ts'
import { stepNames } from './step-name.ts'
import { openTestGate, scannerFor } from './test-gate.fixture.ts'

const reason = new Error('the operator changed their mind')

async function openAbortTest() {
  const registry = await startRegistry()
  const gate = await openTestGate()
  const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
  await pushImage(gate.repository(from), createImage(debianImage()), '1')
  return {
    registry,
    gate,
    from,
    to,
    async [Symbol.asyncDispose]() {
      await registry.close()
      await gate[Symbol.asyncDispose]()
    },
  }
}

describe('promote that is aborted', () => {
  it('before it begins does nothing', async () => {
    await using test = await openAbortTest()
    test.registry.clearRequests()
    await expect(
      test.gate.promote({ from: test.from, to: test.to, signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason)
    expect(test.registry.requests).toEqual([])
    expect((await test.gate.journal.list()).items).toEqual([])
  })

  // The end of a step is the beginning of the next, but for the two after which the tag has moved.
  const cases = [
    ...stepNames.filter((step) => step !== 'quarantine').map((step) => [step, 'step-started'] as const),
    ['publish', 'step-finished'] as const,
    ['record', 'step-finished'] as const,
  ]

  it.each(cases)('at %s (%s) rejects with the reason, and the next run completes it', async (step, type) => {
    await using test = await openAbortTest()
    const controller = new AbortController()
    const promotion = test.gate.promote({
      from: test.from,
      to: test.to,
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === type && event.step === step) controller.abort(reason)
      },
    })
    const moved = step === 'record' || (step === 'publish' && type === 'step-finished')
    if (step === 'record') {
      // Everything is done by then but for the note of it, which is not cut short.
      expect(await promotion).toMatchObject({ verdict: 'pass' })
    } else {
      await expect(promotion).rejects.toBe(reason)
    }
    expect(test.registry.resolve('prod/app', '1') !== undefined).toBe(moved)

    const again = await test.gate.promote({ from: test.from, to: test.to })
    expect(again).toMatchObject({ verdict: 'pass', digest: test.registry.resolve('prod/app', '1') })
  })

  it.each(['blob', 'upload', 'referrers'] as const)(
    'in the middle of a request (%s) leaves no tag',
    async (kind) => {
      await using test = await openAbortTest()
      const controller = new AbortController()
      test.registry.setRequestHook((request) => {
        if (request.kind === kind) controller.abort(reason)
        return undefined
      })
      const promotion = test.gate.promote({ from: test.from, to: test.to, signal: controller.signal })
      await expect(promotion).rejects.toBe(reason)
      expect(test.registry.resolve('prod/app', '1')).toBeUndefined()
    },
  )

  it('before an image is put into quarantine leaves no record', async () => {
    await using test = await openAbortTest()
    const controller = new AbortController()
    const promotion = test.gate.promote({
      from: test.from,
      to: test.to,
      scanners: [scannerFor('hello')],
      signal: controller.signal,
      onProgress: ({ type, step }) => {
        if (type === 'step-started' && step === 'decide') controller.abort(reason)
      },
    })
    await expect(promotion).rejects.toBe(reason)
    expect((await test.gate.quarantine.list()).items).toEqual([])
  })

  it('while a scanner works hands the signal to it', async () => {
    await using test = await openAbortTest()
    const controller = new AbortController()
    const patient = {
      name: 'patient',
      scan: (_target: unknown, { signal }: { readonly signal?: AbortSignal | undefined } = {}) =>
        new Promise<never>((_resolve, reject) => {
          signal!.addEventListener('abort', () => reject(new Error('killed')))
          controller.abort(reason)
        }),
    }
    const promotion = test.gate.promote({
      from: test.from,
      to: test.to,
      scanners: [patient],
      signal: controller.signal,
    })
    await expect(promotion).rejects.toBe(reason)
  })
})
