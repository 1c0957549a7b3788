import { mediaTypes } from '@sallyport/core'
import { fallbackTag } from '@sallyport/oci'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOfImage, type MonitorTest, openMonitorTest } from './monitor-test.fixture.ts'

const minute = 60_000

let test: MonitorTest
beforeEach(async () => {
  test = await openMonitorTest()
})
afterEach(() => test[Symbol.asyncDispose]())

const look = async (): Promise<readonly string[]> => {
  test.advance(5 * minute)
  await test.monitor.poll()
  return (await test.settle()).map(({ kind, tag }) => `${kind} ${tag}`)
}

describe('a look at a repository in which not everything can be read', () => {
  it.each([
    ['is too long', 200, Buffer.alloc(5 * 1024 * 1024, ' ')],
    ['is refused', 500, Buffer.alloc(0)],
  ])('finds what was pushed to a tag while a list of referrers %s', async (_title, status, body) => {
    await test.promote('good')
    const other = digestOfImage(await test.promote('other', '2'))
    expect(await look()).toEqual([])
    test.registry.setRequestHook(({ path }) =>
      path.endsWith(`/manifests/${fallbackTag(other)}`)
        ? { type: 'respond', status, headers: { 'content-type': mediaTypes.ociIndex }, body }
        : undefined,
    )
    await test.push('bad', '1')
    expect(await look()).toEqual(['unauthorised-push 1'])
  })

  it('finds what is done again while no look comes to its end', async () => {
    const good = await test.promote('good')
    const bad = await test.push('bad')
    expect(await look()).toEqual([])
    // A tag that is known, is listed no more, and can't be asked for.
    await test.promote('other', '2')
    expect(await look()).toEqual([])
    await test.repository.deleteTag('2')
    test.registry.setRequestHook(({ path }) =>
      path.endsWith('/manifests/2') ? { type: 'respond', status: 500 } : undefined,
    )
    for (let times = 0; times < 2; times++) {
      await test.repository.putManifest(bad.raw, { tag: '1' })
      expect(await look()).toContain('unauthorised-push 1')
      expect((await test.monitor.status()).lastPoll?.failures).toHaveLength(1)
      await test.repository.putManifest(good.raw, { tag: '1' })
      expect((await look()).filter((each) => each !== 'unjudged undefined')).toEqual([])
    }
  })
})
