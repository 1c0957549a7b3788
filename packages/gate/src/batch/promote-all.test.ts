import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { openGateTest, passed } from '../promote/gate-test.fixture.ts'
import { scannerFor } from '../promote/test-gate.fixture.ts'

async function openBatchTest(count: number) {
  const test = await openGateTest()
  const { host } = test.registry
  const requests = Array.from({ length: count }, (_, index) => ({
    from: `${host}/build/app${index}:1`,
    to: `${host}/prod/app${index}:1`,
    tier: 'prod',
  }))
  for (const { from } of requests) await test.push(undefined, from)
  test.registry.clearRequests()
  return { ...test, requests }
}

describe('promoteAll', () => {
  it('gives one bad image an error of its own, in the order of the requests', async () => {
    await using test = await openBatchTest(2)
    const missing = {
      from: `${test.registry.host}/build/missing:1`,
      to: `${test.registry.host}/prod/m:1`,
      tier: 'prod',
    }
    const badName = { from: 'nonsense', to: 'nonsense', tier: 'prod' }
    const requests = [test.requests[0]!, missing, badName, test.requests[1]!]
    const seen: string[] = []
    const outcomes = await test.gate
      .open()
      .promoteAll(requests, { onOutcome: (_, { from }) => seen.push(from) })
    expect(outcomes.map(({ verdict }) => verdict)).toEqual(['pass', 'error', 'error', 'pass'])
    expect(seen.sort()).toEqual(requests.map(({ from }) => from).sort())
  })

  it('runs equal requests once, and those to one tag one after the other', async () => {
    await using test = await openBatchTest(2)
    const [one, other] = test.requests as [(typeof test.requests)[0], (typeof test.requests)[0]]
    const outcomes = await test.gate.open().promoteAll([one, { ...one }, { ...other, to: one.to }, one])
    expect(outcomes.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass', 'pass'])
    expect(outcomes[1]).toBe(outcomes[0])
    expect(outcomes[3]).toBe(outcomes[0])
  })

  it('fetches a layer that images share once, and sends it once', async () => {
    await using test = await openBatchTest(3)
    const gate = test.gate.open({ harden: false, scanners: [scannerFor('nothing')] })
    const outcomes = await gate.promoteAll(test.requests, { concurrency: 3 })
    const digests = new Set(outcomes.map((outcome) => passed(outcome).digest))
    expect(digests.size).toBe(1)
    const layers = new Set(test.registry.snapshot()['build/app0']!.blobs)
    const fetched = test.registry.requests.filter(
      ({ method, kind, digest, status, repository }) =>
        method === 'GET' &&
        kind === 'blob' &&
        status === 200 &&
        layers.has(digest!) &&
        repository!.startsWith('build/'),
    )
    expect(fetched.map(({ digest }) => digest).sort()).toEqual([...layers].sort())
    const sent = test.registry.requests.filter(
      ({ method, kind, digest }) => method === 'PUT' && kind === 'upload' && layers.has(digest!),
    )
    expect(sent).toEqual([])
  })

  it('moves each byte once, and asks the target no more for each of many images than for one', async () => {
    await using test = await openBatchTest(6)
    const { host } = test.registry
    const requests = test.requests.map(({ from }, index) => ({
      from,
      to: `${host}/prod/all:${index}`,
      tier: 'prod',
    }))
    for (const [index, { from }] of requests.entries()) await test.push(`variant ${index}`, from)
    test.registry.clearRequests()
    const gate = test.gate.open({ harden: false, scanners: [scannerFor('nothing')] })
    for (const outcome of await gate.promoteAll(requests.slice(0, 1))) passed(outcome)
    const first = test.registry.requests.length
    test.registry.clearRequests()
    for (const outcome of await gate.promoteAll(requests.slice(1))) passed(outcome)
    expect(test.registry.requests.length / 5).toBeLessThanOrEqual(first)
    const uploads = test.registry.requests.filter(({ method, kind }) => method === 'PUT' && kind === 'upload')
    expect(new Set(uploads.map(({ digest }) => digest)).size).toBe(uploads.length)
  })

  it('sends what hardening made of shared layers once, and links it elsewhere', async () => {
    await using test = await openBatchTest(3)
    const outcomes = await test.gate.open().promoteAll(test.requests, { concurrency: 3 })
    for (const outcome of outcomes) passed(outcome)
    const [one, other] = ['prod/app0', 'prod/app1'].map((name) => test.registry.snapshot()[name]!.blobs)
    // The empty document belongs to evidence, of which each image has its own.
    const image = new Set(one!.filter((blob) => other!.includes(blob) && blob !== digestOf('{}')))
    const sent = test.registry.requests.filter(
      ({ method, kind, digest }) => method === 'PUT' && kind === 'upload' && image.has(digest!),
    )
    const counts = [...Map.groupBy(sent, ({ digest }) => digest!).values()].map(({ length }) => length)
    expect(counts.length).toBeGreaterThan(0)
    expect(counts).toEqual(counts.map(() => 1))
  })

  it('rejects with the reason when it is aborted, and leaves no files behind', async () => {
    await using test = await openBatchTest(3)
    const controller = new AbortController()
    const reason = new Error('enough')
    const batch = test.gate.open().promoteAll(test.requests, {
      signal: controller.signal,
      onProgress: ({ step }) => {
        if (step === 'scan') controller.abort(reason)
      },
    })
    await expect(batch).rejects.toBe(reason)
  })
})
