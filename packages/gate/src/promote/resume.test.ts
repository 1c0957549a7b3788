import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { openGateTest, passed } from './gate-test.fixture.ts'
import { scannerFor } from './test-gate.fixture.ts'

/** A promotion that ended without notice when it began to attach evidence. */
async function openInterrupted() {
  const test = await openGateTest()
  const real = scannerFor('leftover')
  const scanner = {
    name: real.name,
    scans: 0,
    currentData: real.currentData!,
    scan: (...options: Parameters<typeof real.scan>) => {
      scanner.scans++
      return real.scan(...options)
    },
  }
  const gate = test.gate.open({ scanners: [scanner] })
  const controller = new AbortController()
  const reason = new Error('power cut')
  const cut = gate.promote(test.request, {
    signal: controller.signal,
    onProgress: ({ type, step }) => {
      if (type === 'step-started' && step === 'attest') controller.abort(reason)
    },
  })
  await expect(cut).rejects.toBe(reason)
  return {
    ...test,
    open: test.gate.open,
    gate,
    clock: test.gate,
    scanner,
    [Symbol.asyncDispose]: test[Symbol.asyncDispose],
  }
}

describe('a promotion that was interrupted after its push', () => {
  it('goes on without scanning or pushing again', async () => {
    await using test = await openInterrupted()
    const { scans } = test.scanner
    test.registry.clearRequests()
    const outcome = passed(await test.gate.promote(test.request))
    expect(test.scanner.scans).toBe(scans)
    expect(outcome.changed).toBe(true)
    expect(test.tag()).toBe(outcome.digest)
    expect((await test.clock.journal.list()).items).toMatchObject([{ verdict: 'pass', attempt: 1 }])
  })

  type Test = Awaited<ReturnType<typeof openInterrupted>>
  const contents = (test: Test) => test.registry.snapshot()['prod/app']!
  it.each<[string, (test: Test) => unknown]>([
    ['more than an hour has passed', (test) => test.clock.advance(3_600_001)],
    [
      'the scanner has other data',
      (test) => {
        test.scanner.currentData = async () => [{ name: 'advisories', digest: digestOf('newer') }]
      },
    ],
    [
      'the target has lost a manifest',
      (test) =>
        fetch(`${test.registry.url}/v2/prod/app/manifests/${contents(test).manifests[0]}`, {
          method: 'DELETE',
        }),
    ],
    [
      'the target has lost a layer',
      (test) =>
        fetch(`${test.registry.url}/v2/prod/app/blobs/${contents(test).blobs[0]}`, { method: 'DELETE' }),
    ],
  ])('is judged anew when %s', async (_title, change) => {
    await using test = await openInterrupted()
    const { scans } = test.scanner
    await change(test)
    const outcome = passed(await test.gate.promote(test.request))
    expect(test.scanner.scans).toBeGreaterThan(scans)
    expect(test.tag()).toBe(outcome.digest)
  })

  it('does not go on with what another source, tier or policy came to', async () => {
    await using test = await openInterrupted()
    const { scans } = test.scanner
    await test.push('of tomorrow')
    passed(await test.gate.promote(test.request))
    expect(test.scanner.scans).toBeGreaterThan(scans)
  })
})
