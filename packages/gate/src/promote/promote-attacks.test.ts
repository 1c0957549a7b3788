import { builtinScanner, parseAdvisories } from '@sallyport/scan'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { criticalAdvisory, debianImage, usualPackages } from './debian-image.fixture.ts'
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

describe('promote of packages that do not stand where they seem to', () => {
  it('judges a package that replaced that of the distribution in a later layer by what it is', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const from = `${registry.host}/build/app:1`
    const path = '/usr/share/node_modules/lodash/package.json'
    const lodash = (version: string) => JSON.stringify({ name: 'lodash', version })
    const usual = debianImage({
      packages: {
        ...usualPackages,
        'node-lodash': { version: '4.17.21-1', files: { [path]: lodash('4.17.21') } },
      },
    })
    const image = createImage({
      ...usual,
      layers: [...usual.layers, { files: { [path]: lodash('4.17.4') } }],
    })
    await pushImage(gate.repository(from), image, '1')
    const flaw = criticalAdvisory('CVE-2019-10744', 'lodash', '4.17.12')
    const npm = {
      ...flaw,
      affected: [{ ...flaw.affected[0]!, package: { ecosystem: 'npm', name: 'lodash' } }],
    }
    const records = [npm, criticalAdvisory('CVE-2026-1001', 'leftover')]
    const outcome = await gate.promote({
      from,
      to: `${registry.host}/prod/app:1`,
      harden: false,
      scanners: [builtinScanner({ advisories: parseAdvisories(records, { source: 'test' }) })],
    })
    expect(outcome).toMatchObject({ verdict: 'fail' })
    expect(registry.resolve('prod/app', '1')).toBeUndefined()
  })
})
