import { generateSigningKey, keySigner } from '@sallyport/attest'
import { defineWaivers } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { criticalAdvisory, debianImage, usualPackages } from './debian-image.fixture.ts'
import { noCritical, openTestGate, scannerFor, startTime } from './test-gate.fixture.ts'

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

describe('promote of an image whose user is root by another name', () => {
  it.each([
    ['by its number', 'app:x:0:0::/:/bin/sh\n', 'fail'],
    ['by the first of two numbers', 'app:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n', 'fail'],
    ['for want of a number', 'app:x:none:0::/:/bin/sh\n', 'fail'],
    ['not at all', 'root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n', 'pass'],
  ])('%s', async (_, passwd, verdict) => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const from = `${registry.host}/build/app:1`
    const usual = debianImage()
    const layers = [...usual.layers, { files: { '/etc/passwd': passwd } }]
    const image = createImage({ ...usual, layers, config: { ...usual.config, User: 'app:app' } })
    await pushImage(gate.repository(from), image, '1')
    const outcome = await gate.promote({ from, to: `${registry.host}/prod/app:1`, policy: noRoot() })
    expect(outcome).toMatchObject({ verdict })
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

  it('does not judge packages of one distribution by the advisories of another that has a database too', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const from = `${registry.host}/build/app:1`
    const usual = debianImage({ osRelease: 'ID=wolfi\nVERSION_ID=20230201\n' })
    const apk = { '/lib/apk/db/installed': 'P:wolfi-base\nV:1-r1\nA:x86_64\n\n' }
    await pushImage(
      gate.repository(from),
      createImage({ ...usual, layers: [...usual.layers, { files: apk }] }),
      '1',
    )
    const flaw = criticalAdvisory('CVE-2026-1001', 'hello')
    const wolfi = {
      ...flaw,
      affected: [{ ...flaw.affected[0]!, package: { ecosystem: 'Wolfi', name: 'other' } }],
    }
    const outcome = await gate.promote({
      from,
      to: `${registry.host}/prod/app:1`,
      scanners: [builtinScanner({ advisories: parseAdvisories([flaw, wolfi], { source: 'test' }) })],
    })
    expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'UNJUDGED' } })
  })

  it('does not believe a package database out of which a package was cut', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const from = `${registry.host}/build/app:1`
    const { hello: _hidden, ...rest } = usualPackages
    const status = debianImage({ packages: rest }).layers[1]!.files['/var/lib/dpkg/status'] as string
    await pushImage(gate.repository(from), createImage(debianImage({ status })), '1')
    const outcome = await gate.promote({
      from,
      to: `${registry.host}/prod/app:1`,
      harden: false,
      scanners: [scannerFor('hello')],
    })
    expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'UNJUDGED' } })
  })
})

describe('promote of a finding that several CVEs were joined into', () => {
  const cves = ['CVE-2026-2001', 'CVE-2026-2002']
  const record = { ...criticalAdvisory('RUSTSEC-2026-0001', 'hello'), aliases: cves }
  const scanners = [builtinScanner({ advisories: parseAdvisories([record], { source: 'test' }) })]

  it('lets it through by waivers for each of them, and by an approval, not by one for one', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const from = `${registry.host}/build/app:1`
    const to = `${registry.host}/prod/app:1`
    await pushImage(gate.repository(from), createImage(debianImage()), '1')
    const waive = (...ids: readonly string[]) =>
      defineWaivers(
        ids.map((vulnerability) => ({
          id: vulnerability,
          vulnerability,
          scope: { repository: `${registry.host}/prod/app` },
          reason: 'not reachable',
          owner: 'team',
          expires: '2027-01-01',
        })),
        { source: 'waivers.yaml' },
      )
    const one = await gate.promote({ from, to, scanners, waivers: [waive(cves[0]!)] })
    expect(one).toMatchObject({ verdict: 'fail', decision: { waivers: [{ state: 'void' }] } })
    expect(await gate.promote({ from, to, scanners, waivers: [waive(...cves)] })).toMatchObject({
      verdict: 'pass',
    })

    const other = `${registry.host}/prod/other:1`
    const stopped = await gate.promote({ from, to: other, scanners })
    if (stopped.verdict !== 'fail') throw new Error('it should have been stopped')
    const key = generateSigningKey()
    await gate.quarantine.approve(stopped.quarantine.id, {
      approver: 'Jo of the security team',
      reason: 'the flawed function is not reachable',
      expires: new Date(Date.parse(startTime) + 3_600_000).toISOString(),
      signer: keySigner(key.privateKey),
    })
    const again = await gate.promote({ from, to: other, scanners, approvalKeys: [key.publicKey] })
    expect(again).toMatchObject({ verdict: 'pass' })
  })
})
