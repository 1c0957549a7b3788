import process from 'node:process'
import { toolPath } from '@sallyport/test-tools'
import { createImage, createImageIndex, type GeneratedImage, pushImage } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Monitored, openMonitored } from './monitored.ts'

const registries = ['docker-registry', 'olareg'] as const
const hour = 3_600_000

describe.each(registries)('a monitor of %s', (name) => {
  const missing = [name, 'crane'].filter((tool) => toolPath(tool) === undefined)
  if (missing.length > 0 && process.env['SALLYPORT_REQUIRE_TOOLS'] === undefined) {
    it.skip(`needs ${missing.join(' and ')}: node test/tools/install.mjs --suite monitor`)
    return
  }
  let all: Monitored
  const repository = (user: 'gate' | 'intruder') => all.registry.repository(user, 'prod/app')
  const image = (content: string): GeneratedImage => createImage({ layers: [{ files: { '/app': content } }] })
  const place = () => `${all.registry.host}/prod/app`
  const tells = name === 'docker-registry'

  beforeEach(async () => {
    all = await openMonitored({ registry: name })
    await all.registry.mark()
    await all.gate.promote(repository('gate'), '1', image('first'))
    await look()
    await wait()
  })
  afterEach(() => all[Symbol.asyncDispose]())

  /** All that is told comes in, then it is compared, and judged. */
  async function look(): Promise<void> {
    await all.deliver()
    await all.monitor.step()
    await all.monitor.poll()
    await all.settle()
    await all.registry.mark()
  }
  async function wait(ms = hour): Promise<void> {
    all.timeline.advance(ms)
    await all.registry.mark()
  }
  const promote = async (tag: string, what: GeneratedImage): Promise<void> => {
    await all.gate.promote(repository('gate'), tag, what)
    await look()
    await wait()
  }
  const kinds = async () => (await all.alerts()).map(({ kind }) => kind)

  it('raises none for pushes by the gate', async () => {
    await promote('1', image('second'))
    await promote('2', image('second'))
    await all.gate.attach(repository('gate'), image('second').raw.descriptor, 'a note')
    await look()
    const index = createImageIndex({ 'linux/amd64': image('a'), 'linux/arm64': image('b') })
    await promote('3', index)
    await all.gate.rollBack(repository('gate'), '1', image('first'))
    await look()
    expect(await all.alerts()).toEqual([])
  })

  it('raises one for content of the gate that another user pushed with crane', async () => {
    const tag = tells ? '1' : '2'
    await all.registry.crane('intruder', 'tag', '--insecure', `${place()}:1`, tag)
    await look()
    const { digest } = image('first').raw.descriptor
    // What tells nothing does not tell who it was, nor of bytes that were there.
    expect(await all.alerts()).toMatchObject([
      tells
        ? { kind: 'wrong-hand', tag, digest, actor: { name: 'intruder' } }
        : { kind: 'unjournaled', tag, digest, actor: { kind: 'unknown' } },
    ])
  })

  it('raises one for an image that another user pushed with crane', async () => {
    const build = all.registry.repository('gate', 'build/app')
    await pushImage(build, image('bad'), '1')
    await all.registry.crane(
      'intruder',
      'copy',
      '--insecure',
      `${all.registry.host}/build/app:1`,
      `${place()}:1`,
    )
    await look()
    expect(await all.alerts()).toMatchObject([
      {
        kind: 'unauthorised-push',
        severity: 'critical',
        tag: '1',
        digest: image('bad').raw.descriptor.digest,
      },
    ])
  })

  it.each([
    ['after a while', hour],
    ['while the first promotion may still be told of', 10_000],
  ])('raises one for a tag that is moved back %s', async (_title, ms) => {
    await all.gate.promote(repository('gate'), '2', image('old'))
    await look()
    await wait(ms)
    await all.gate.promote(repository('gate'), '2', image('new'))
    await look()
    await wait(ms)
    await all.registry.crane(
      'intruder',
      'tag',
      '--insecure',
      `${place()}@${image('old').raw.descriptor.digest}`,
      '2',
    )
    await look()
    expect(await all.alerts()).toMatchObject([
      { kind: 'rollback', tag: '2', digest: image('old').raw.descriptor.digest },
    ])
  })

  it.each(tells ? ['told by the registry', 'told by nobody'] : ['told by nobody'])(
    'raises one for evidence that is deleted, %s',
    async (telling) => {
      const { digest } = image('first').raw.descriptor
      const [evidence] = await repository('gate').listReferrers(digest)
      await all.registry.crane('intruder', 'delete', '--insecure', `${place()}@${evidence!.digest}`)
      if (telling === 'told by nobody') await all.registry.told()
      await look()
      expect(await all.alerts()).toMatchObject([{ kind: 'evidence-deleted', severity: 'high', digest }])
    },
  )

  it('raises one for a push while the monitor was down, and one that says that it was', async () => {
    await pushImage(repository('intruder'), image('bad'), '1')
    // What was queued is lost, as after a restart of the registry.
    await all.registry.told()
    await wait()
    all.restart()
    await look()
    expect((await kinds()).sort()).toEqual(['gap', 'unauthorised-push'])
  })
})
