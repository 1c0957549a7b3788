import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RegistryEvent } from '../event/registry-event.ts'
import { toCloudEvent } from '../sinks/to-cloud-event.ts'
import { actors, digestOfImage, type MonitorTest, openMonitorTest } from './monitor-test.fixture.ts'

const minute = 60_000

let test: MonitorTest
beforeEach(async () => {
  test = await openMonitorTest()
})
afterEach(() => test[Symbol.asyncDispose]())

/** What the sink has got since it was asked last: kind, and whether it takes an alert back. */
async function heard(): Promise<readonly string[]> {
  await test.settle()
  await test.monitor.outbox.step()
  return test.delivered
    .splice(0)
    .map(({ kind, resolves }) => (resolves === undefined ? kind : `over: ${kind}`))
}
const tell = async (...events: readonly Partial<RegistryEvent>[]): Promise<readonly string[]> => {
  await test.monitor.ingest(events.map((each) => test.event(each)))
  return await heard()
}

/** The gate's bytes, copied from elsewhere, with a decision that is for another tag. */
async function unjournaled() {
  const image = await test.push('copied', '1')
  await test.decide(image, 'elsewhere')
  const digest = digestOfImage(image)
  const time = test.now().toISOString()
  expect(await tell({ tag: '1', digest, actor: actors.unknown })).toEqual(['unjournaled'])
  return { image, digest, time }
}
async function promoteIt({ image, digest }: Awaited<ReturnType<typeof unjournaled>>): Promise<void> {
  test.advance(minute)
  await test.note(digest)
  await test.repository.putManifest(image.raw, { tag: '1' })
  expect(await tell({ tag: '1', digest })).toEqual(['over: unjournaled'])
}

describe('a late event that makes an alert worse', () => {
  it('is told of when the alert was sent already, once', async () => {
    const { digest, time } = await unjournaled()
    test.delivered.length = 0
    const late = { tag: '1', digest, time, actor: actors.alice, source: 'audit' }
    expect(await tell(late)).toEqual(['wrong-hand'])
    expect(await tell(late, { ...late, source: 'log' })).toEqual([])
    expect(await test.monitor.alerts()).toHaveLength(1)
  })

  it('is another message to whoever drops what came before', async () => {
    const { digest, time } = await unjournaled()
    const [first] = await test.monitor.alerts()
    await tell({ tag: '1', digest, time, actor: actors.alice, source: 'audit' })
    const [worse] = await test.monitor.alerts()
    expect(worse!.id).toBe(first!.id)
    expect(toCloudEvent(worse!).id).not.toBe(toCloudEvent(first!).id)
  })

  it('opens the alert again when it was over, and is told of once', async () => {
    const put = await unjournaled()
    await promoteIt(put)
    expect(await test.monitor.alerts({ open: true })).toEqual([])
    const late = { tag: '1', digest: put.digest, time: put.time, actor: actors.alice, source: 'audit' }
    expect(await tell(late)).toEqual(['wrong-hand'])
    expect(await tell({ ...late, source: 'log' })).toEqual([])
    expect(await test.monitor.alerts({ open: true })).toMatchObject([
      { kind: 'wrong-hand', actor: { name: 'alice' } },
    ])
    expect(await test.monitor.alerts()).toHaveLength(1)
  })

  it('does not hide what is done after the alert was over', async () => {
    const put = await unjournaled()
    await promoteIt(put)
    const late = { tag: '1', digest: put.digest, time: put.time, actor: actors.alice, source: 'audit' }
    expect(await tell(late)).toEqual(['wrong-hand'])
    test.advance(minute)
    expect(await tell({ tag: '1', digest: put.digest, actor: actors.alice })).toEqual(['wrong-hand'])
    expect(await test.monitor.alerts()).toHaveLength(2)
  })
})
