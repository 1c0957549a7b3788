import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { debianImage } from './debian-image.fixture.ts'
import { noCritical, openTestGate } from './test-gate.fixture.ts'

const noRoot = () => noCritical('    requirements: { config: { user: non-root } }\n')

describe('promote of a configuration that two readers would read differently', () => {
  it.each([
    ['names a user twice, in other letters', { User: '1000', user: '0' }],
    ['names the user with a long s', { User: '1000', uſer: '0' }],
  ])('stops one that %s', async (_, config) => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const from = `${registry.host}/build/app:1`
    const usual = debianImage()
    const image = createImage({ ...usual, config: { ...usual.config, ...config } })
    await pushImage(gate.repository(from), image, '1')
    const outcome = await gate.promote({ from, to: `${registry.host}/prod/app:1`, policy: noRoot() })
    expect(outcome).toMatchObject({ verdict: 'error' })
    expect(registry.resolve('prod/app', '1')).toBeUndefined()
  })
})
