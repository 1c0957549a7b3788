import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '@sallyport/core'
import { createArchive, openLayout } from '@sallyport/oci'
import { createImage, pushImage } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import type { ReleasedPlatform } from '../record/release-record.ts'
import { debianImage } from './debian-image.fixture.ts'
import { frozen, openGateTest, passed } from './gate-test.fixture.ts'
import { noCritical, scannerFor, startTime } from './test-gate.fixture.ts'

const hour = 3_600_000
const at = (ms: number) => new Date(Date.parse(startTime) + ms).toISOString()

/** The usual scanner, and how often it was asked. */
function counted({ tells = true } = {}) {
  const { scan, currentData } = scannerFor('leftover')
  const scanner = {
    name: 'sallyport',
    scans: 0,
    data: currentData,
    scan: (...options: Parameters<typeof scan>) => {
      scanner.scans++
      return scan(...options)
    },
    ...(tells && { currentData: () => scanner.data!() }),
  }
  return scanner
}

describe('a promotion for which there is nothing to do', () => {
  it('neither scans nor writes, and verifies what the target has', async () => {
    await using test = await openGateTest()
    const scanner = counted()
    const gate = test.gate.open({ scanners: [scanner] })
    const first = passed(await gate.promote(test.request))
    const { scans } = scanner
    test.registry.clearRequests()
    const again = passed(await gate.promote(test.request))
    expect(again).toMatchObject({ changed: false, digest: first.digest, decision: first.decision })
    expect(again.record).toEqual(first.record)
    expect(scanner.scans).toBe(scans)
    expect(test.writes()).toEqual([])
  })

  type Test = Awaited<ReturnType<typeof openGateTest>>
  const tagUrl = (test: Test, reference: string) => `${test.registry.url}/v2/prod/app/manifests/${reference}`
  it.each<[string, (test: Test, scanner: ReturnType<typeof counted>) => unknown]>([
    ['its evidence is a day old', (test) => test.gate.advance(24 * hour + 1)],
    [
      'the scanner has other data',
      (_test, scanner) => {
        scanner.data = async () => [{ name: 'advisories', digest: digestOf('newer') }]
      },
    ],
    [
      'the scanner does not know its data any more',
      (_test, scanner) => {
        scanner.data = async () => {
          throw new Error('no such file')
        }
      },
    ],
    ['the tag is elsewhere', (test) => test.push('foreign', test.request.to)],
    ['the tag is gone', (test) => fetch(tagUrl(test, '1'), { method: 'DELETE' })],
    [
      'evidence is gone',
      (test) => {
        const tag = Object.keys(test.registry.snapshot()['prod/app']!.tags).find((name) =>
          name.endsWith('.sig'),
        )
        return fetch(tagUrl(test, tag!), { method: 'DELETE' })
      },
    ],
  ])('is judged anew when %s', async (_title, change) => {
    await using test = await openGateTest()
    const scanner = counted()
    const gate = test.gate.open({ scanners: [scanner] })
    const first = passed(await gate.promote(test.request))
    const { scans } = scanner
    await change(test, scanner)
    expect(passed(await gate.promote(test.request)).digest).toBe(first.digest)
    expect(scanner.scans).toBeGreaterThan(scans)
    expect(test.tag()).toBe(first.digest)
  })

  it.each([
    [undefined, 0, true],
    [hour, hour - 1, false],
    [hour, hour + 1, true],
  ])(
    'with a scanner that can not tell its data (%s ms allowed, after %s ms) is judged anew: %s',
    async (reuseDecisionMaxAgeMs, ms, isScanned) => {
      await using test = await openGateTest()
      const scanner = counted({ tells: false })
      const gate = test.gate.open({ scanners: [scanner], reuseDecisionMaxAgeMs })
      passed(await gate.promote(test.request))
      const { scans } = scanner
      test.gate.advance(ms)
      passed(await gate.promote(test.request))
      expect(scanner.scans > scans).toBe(isScanned)
    },
  )
})

it('what others gather may have changed, so that it is judged anew', async () => {
  await using test = await openGateTest()
  const scanner = counted()
  const gate = test.gate.open({ scanners: [scanner], gatherFacts: async () => ({}) })
  passed(await gate.promote(test.request))
  const { scans } = scanner
  passed(await gate.promote(test.request))
  expect(scanner.scans).toBeGreaterThan(scans)
})

describe('cancel', () => {
  it('stops a promotion before its next step, in the journal too', async () => {
    await using test = await openGateTest()
    const real = scannerFor('leftover')
    let isCancelled = false
    const gate = test.gate.open({
      scanners: [
        {
          name: real.name,
          async scan(target, options) {
            const [running] = (await test.gate.journal.list()).items
            const by = { actor: 'on call', reason: 'the wrong image' }
            if (!isCancelled) isCancelled = await gate.cancel(running!.key, by)
            return real.scan(target, options)
          },
        },
      ],
    })
    const outcome = await gate.promote(test.request)
    expect(outcome).toMatchObject({
      verdict: 'error',
      error: { code: 'CANCELLED', message: expect.stringContaining('on call') },
    })
    expect(test.tag()).toBeUndefined()
    expect(passed(await gate.promote(test.request)).changed).toBe(true)
    const [entry] = (await test.gate.journal.list()).items
    expect(await gate.cancel(entry!.key, { actor: 'on call', reason: 'too late' })).toBe(false)
  })
})

describe('a freeze window', () => {
  const window = { name: 'holidays', from: at(-hour), until: at(hour), reason: 'nobody is there' }

  it('stops before the tag, when everything else is done; afterwards the tag moves', async () => {
    await using test = await openGateTest()
    const gate = test.gate.open({ policy: frozen(window) })
    expect((await gate.plan(test.request)).frozen).toEqual(window)
    const outcome = await gate.promote(test.request)
    expect(outcome).toMatchObject({
      verdict: 'error',
      error: { code: 'FROZEN', retryable: true, message: expect.stringContaining(window.until) },
    })
    expect(test.tag()).toBeUndefined()
    expect(test.registry.snapshot()['prod/app']!.manifests).not.toEqual([])
    test.gate.advance(hour)
    expect(passed(await gate.promote(test.request)).digest).toBe(test.tag())
  })

  it('stops no destination that it excepts, nor one whose tag is there already', async () => {
    await using test = await openGateTest()
    const except = [`${test.registry.host}/prod/*`]
    const exempt = test.gate.open({ policy: frozen({ ...window, except }) })
    passed(await exempt.promote(test.request))
    const gate = test.gate.open({ policy: frozen(window), reuseDecisionMaxAgeMs: 0 })
    test.gate.advance(25 * hour - 24 * hour)
    expect(passed(await gate.promote(test.request)).digest).toBe(test.tag())
  })
})

describe('rollback', () => {
  it('takes the digest before back into use as a promotion of its own, with its reason', async () => {
    await using test = await openGateTest()
    const gate = test.gate.open()
    const first = passed(await gate.promote(test.request))
    await test.push('of tomorrow')
    const second = passed(await gate.promote(test.request))
    test.registry.clearRequests()
    const back = passed(await gate.rollback({ to: test.request.to, tier: 'prod', reason: 'it crashes' }))
    expect(back).toMatchObject({ digest: first.digest, previousDigest: second.digest })
    expect(test.tag()).toBe(first.digest)
    expect(back.record).toMatchObject({
      rollback: { reason: 'it crashes' },
      target: { previousDigest: second.digest },
    })
    expect(test.writes().filter(({ method }) => method === 'DELETE')).toEqual([])
  })

  it('is judged by the policy and the data of today', async () => {
    await using test = await openGateTest()
    passed(await test.gate.open().promote(test.request))
    await test.push('of tomorrow')
    const second = passed(await test.gate.open().promote(test.request))
    const today = test.gate.open({ scanners: [scannerFor('hello')] })
    const request = { to: test.request.to, tier: 'prod', reason: 'it crashes' }
    expect(await today.rollback(request)).toMatchObject({ verdict: 'fail' })
    expect(test.tag()).toBe(second.digest)
  })

  it('says so when there is nothing to go back to, and wants a reason', async () => {
    await using test = await openGateTest()
    const gate = test.gate.open()
    const request = { to: test.request.to, tier: 'prod', reason: 'it crashes' }
    expect(await gate.rollback(request)).toMatchObject({ error: { code: 'NOTHING_TO_ROLL_BACK' } })
    passed(await gate.promote(test.request))
    expect(await gate.rollback(request)).toMatchObject({ error: { code: 'NOTHING_TO_ROLL_BACK' } })
    expect(await gate.rollback({ ...request, reason: ' ' })).toMatchObject({
      error: { code: 'OPTIONS_INVALID' },
    })
    const missing = { ...request, digest: digestOf('never there') }
    expect(await gate.rollback(missing)).toMatchObject({ verdict: 'error', error: { code: 'STEP_FAILED' } })
  })
})

describe('plan', () => {
  it('says what a promotion would do, and writes nothing', async () => {
    await using test = await openGateTest()
    const gate = test.gate.open()
    test.registry.clearRequests()
    const plan = await gate.plan(test.request)
    expect(plan).toMatchObject({
      sourceDigest: test.sourceDigest,
      moves: true,
      decision: { verdict: 'pass' },
    })
    const refused = await test.gate.open({ scanners: [scannerFor('hello')] }).plan(test.request)
    expect(refused).toMatchObject({ moves: false, decision: { verdict: 'fail' } })
    expect(test.writes()).toEqual([])
    expect((await test.gate.journal.list()).items).toEqual([])
    expect((await test.gate.quarantine.list()).items).toEqual([])
    expect(passed(await gate.promote(test.request)).digest).toBe(plan.digest)
    expect(await gate.plan(test.request)).toMatchObject({ moves: false, currentDigest: plan.digest })
  })

  it('takes no keys', async () => {
    await using test = await openGateTest()
    test.registry.clearRequests()
    const plan = await test.gate.plan(test.request)
    expect(plan).toEqual({
      ...(await test.gate.open().plan(test.request)),
      decision: expect.objectContaining({ verdict: 'pass' }),
    })
    expect(test.writes()).toEqual([])
  })

  it('without keys checks the other options', async () => {
    await using test = await openGateTest()
    const plan = test.gate.plan({ ...test.request, scanners: [] })
    await expect(plan).rejects.toMatchObject({ name: 'GateError', code: 'OPTIONS_INVALID' })
    const aborted = test.gate.plan({ ...test.request, signal: AbortSignal.abort(new Error('enough')) })
    await expect(aborted).rejects.toThrow('enough')
  })

  it('rejects with what would be the error', async () => {
    await using test = await openGateTest()
    const plan = test.gate.open().plan({ ...test.request, tier: 'staging' })
    await expect(plan).rejects.toMatchObject({ name: 'GateError', code: 'OPTIONS_INVALID' })
  })
})

describe('the release record', () => {
  it('says what was promoted, what was removed, on which evidence, and when', async () => {
    await using test = await openGateTest()
    const outcome = passed(await test.gate.open().promote({ ...test.request, release: '2026.11' }))
    expect(await test.gate.journal.findRecord(outcome.key)).toEqual(outcome.record)
    expect(outcome.record).toMatchObject({
      schema: 'https://sallyport.dev/schemas/release-record/v1',
      key: outcome.key,
      source: { name: test.request.from, digest: test.sourceDigest },
      target: { name: test.request.to, digest: outcome.digest },
      tier: 'prod',
      release: '2026.11',
      platforms: [
        {
          platform: 'linux/amd64',
          sourceDigest: test.sourceDigest,
          digest: outcome.digest,
          packages: { before: 4, after: 3 },
          findings: { before: 1, after: 0 },
          origin: { before: { critical: 1 }, removed: 1, patched: 0, vanished: 0 },
          severities: {},
          removed: [{ purl: expect.stringContaining('leftover') }],
        },
      ],
      startedAt: startTime,
      finishedAt: startTime,
    })
    const [{ layers = [], bytes }] = outcome.record.platforms as [ReleasedPlatform]
    const sum = (side: 'before' | 'after') => layers.reduce((total, layer) => total + layer[side]!.bytes, 0)
    expect([sum('before'), sum('after')]).toEqual([bytes.before, bytes.after])
    expect(layers.map(({ before, after }) => before!.digest === after!.digest)).toEqual([true, false, true])
    expect(outcome.record.evidence).toEqual(outcome.evidence)
    expect(outcome.record.steps.map(({ step }) => step)).toEqual(
      expect.arrayContaining(['scan linux/amd64', 'push', 'attest', 'verify', 'publish']),
    )
    expect(JSON.parse(JSON.stringify(outcome.record))).toEqual(outcome.record)
  })
})

describe('a layout or an archive', () => {
  it('is promoted from and to like a registry', async () => {
    await using test = await openGateTest()
    const directory = await mkdtemp(join(tmpdir(), 'sallyport-layouts-'))
    try {
      const [folder, file] = [join(directory, 'layout'), join(directory, 'image.tar')]
      const gate = test.gate.open()
      const to = `oci:${folder}:1.0`
      expect(await gate.plan({ ...test.request, to })).toMatchObject({ moves: true })
      const outcome = passed(await gate.promote({ ...test.request, to }))
      const layout = await openLayout(folder)
      expect((await layout.getManifest('1.0')).descriptor.digest).toBe(outcome.digest)
      expect(await gate.promote({ ...test.request, to })).toMatchObject({ verdict: 'pass', changed: false })

      const image = createImage(debianImage())
      {
        await using archive = await createArchive(file)
        await pushImage(archive, image, '1')
        await archive.commit()
      }
      for (const [index, from] of [`oci-archive:${file}:1`, `oci-archive:${file}`].entries()) {
        const request = { from, to: `${test.registry.host}/prod/archived:${index}`, tier: 'prod' }
        expect(passed(await gate.promote(request)).sourceDigest).toBe(image.raw.descriptor.digest)
      }
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })

  it.each(['oci-archive:/nowhere:1', 'oci:/nowhere', 'oci:/nowhere:1@' + digestOf('x')])(
    'is refused as a destination: %s',
    async (to) => {
      await using test = await openGateTest()
      expect(await test.gate.open().promote({ ...test.request, to })).toMatchObject({
        verdict: 'error',
        error: { code: 'REFERENCE_INVALID', side: 'target' },
      })
    },
  )
})

it('a gate without a scanner is refused when it is made', async () => {
  await using test = await openGateTest()
  expect(() => test.gate.open({ scanners: [] })).toThrowError(
    expect.objectContaining({ code: 'OPTIONS_INVALID' }),
  )
})

it('facts that are gathered reach the decision, and a failure to gather them is an error', async () => {
  await using test = await openGateTest()
  const gathering = test.gate.open({
    gatherFacts: async ({ request, known }) => ({
      notes: [
        ...(known.notes ?? []),
        { code: 'seen', message: `${request.from} ${known.platforms?.present.join()}` },
      ],
    }),
  })
  const { decision } = passed(await gathering.promote(test.request))
  const message = `${test.request.from} linux/amd64`
  expect(decision.reasons).toContainEqual(expect.objectContaining({ code: 'seen', message }))
  const failing = test.gate.open({
    policy: noCritical('# another'),
    gatherFacts: async () => {
      throw new Error('no route to host')
    },
  })
  expect(await failing.promote(test.request)).toMatchObject({ verdict: 'error', error: { step: 'decide' } })
})
