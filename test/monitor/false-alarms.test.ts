import process from 'node:process'
import { createGate, sqliteQuarantine } from '@sallyport/gate'
import { smallGate, smallImage } from '@sallyport/test-chaos'
import { toolPath } from '@sallyport/test-tools'
import { createImage, createImageIndex, type GeneratedImage, pushImage } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Monitored, openMonitored } from './monitored.ts'

const hour = 3_600_000
const image = (content: string): GeneratedImage => createImage({ layers: [{ files: { '/app': content } }] })

const isMissing = toolPath('docker-registry') === undefined && !process.env['SALLYPORT_REQUIRE_TOOLS']

// Without the tool: node test/tools/install.mjs --suite monitor
describe.skipIf(isMissing)('no alarm at docker-registry', () => {
  let all: Monitored
  const repository = () => all.registry.repository('gate', 'prod/app')
  beforeEach(async () => {
    all = await openMonitored({ registry: 'docker-registry' })
    await all.registry.mark()
    await all.gate.promote(repository(), '1', image('first'))
  })
  afterEach(() => all[Symbol.asyncDispose]())

  async function look(): Promise<void> {
    await all.deliver()
    await all.monitor.step()
    await all.monitor.poll()
    await all.settle()
    await all.registry.mark()
  }
  const later = async (ms = hour): Promise<void> => {
    all.timeline.advance(ms)
    await all.registry.mark()
  }

  it('for images that the real gate promotes, with hardening, signatures and SBOMs', async () => {
    const { host, directory } = all.registry
    const { tier: _, ...options } = smallGate(all.keys)
    await using gate = createGate({
      ...options,
      journal: all.journal,
      quarantine: sqliteQuarantine(':memory:'),
      repository: ({ repository: name }) => all.registry.repository('gate', name),
      workDirectory: directory,
      settleMs: 0,
      clock: all.timeline,
    })
    await look()
    for (const name of ['one', 'two', 'three']) {
      await pushImage(all.registry.repository('gate', 'build/app'), smallImage(name), name)
      const request = { from: `${host}/build/app:${name}`, to: `${host}/prod/app:stable`, tier: 'prod' }
      expect(await gate.promote(request)).toMatchObject({ verdict: 'pass' })
      await look()
      await later()
    }
    const back = { to: `${host}/prod/app:stable`, tier: 'prod', reason: 'a test' }
    expect(await gate.rollback(back)).toMatchObject({ verdict: 'pass' })
    await look()
    expect(await all.alerts()).toEqual([])
  })

  it('for children of an index, which are pushed before it and told long before it', async () => {
    const index = createImageIndex({ 'linux/amd64': image('a'), 'linux/arm64': image('b') })
    await all.gate.promote(repository(), '2', index, async () => {
      await all.deliver()
      await all.settle()
      await all.registry.mark()
    })
    await look()
    expect(await all.alerts()).toEqual([])
  })

  it('for the same bytes pushed again by the gate', async () => {
    await look()
    await later(30 * hour)
    await repository().putManifest(image('first').raw, { tag: '1' })
    await look()
    expect(await all.alerts()).toEqual([])
  })

  it('for pulls and HEADs by anybody', async () => {
    const reader = all.registry.repository('intruder', 'prod/app')
    await reader.headManifest('1')
    await reader.getManifest('1')
    await look()
    expect(await all.alerts()).toEqual([])
  })

  it('for referrers of the gate, and the tags that list them, whenever they come', async () => {
    await look()
    await later()
    for (const name of ['sbom', 'provenance'])
      await all.gate.attach(repository(), image('first').raw.descriptor, name)
    await look()
    expect(await all.alerts()).toEqual([])
  })

  it('for what is told hours after it was done, by the gate', async () => {
    const { entries } = await all.registry.told()
    await later(6 * hour)
    await all.gate.promote(repository(), '1', image('second'))
    await look()
    await all.post(entries.map(({ entry }) => entry).reverse())
    await all.settle()
    expect(await all.alerts()).toEqual([])
  })

  it('for pushes to repositories that are not watched', async () => {
    await pushImage(all.registry.repository('intruder', 'dev/app'), image('bad'), '1')
    await look()
    expect(await all.alerts()).toEqual([])
  })
})
