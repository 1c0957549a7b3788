import { digestOf, mediaTypes } from '@sallyport/core'
import { defineWaivers } from '@sallyport/policy'
import { ScanError, type Scanner, type ScanReport } from '@sallyport/scan'
import {
  createImage,
  type GeneratedImage,
  type ImageDescription,
  pushImage,
  type RequestHook,
  startRegistry,
} from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { debianImage, usualPackages } from './debian-image.fixture.ts'
import type { PromoteOptions } from './options.ts'
import { credentials, openTestGate, scannerFor, startTime } from './test-gate.fixture.ts'

interface BadInput {
  readonly image?: ImageDescription
  readonly options?: (host: string) => Partial<PromoteOptions>
  readonly hook?: (image: GeneratedImage) => RequestHook
  readonly error: Readonly<Record<string, unknown>>
  /** Codes of reasons in the decision; absent when the image was not judged at all. */
  readonly reasons?: readonly string[]
}

const usual = debianImage()
const onLayer = (fault: Awaited<ReturnType<RequestHook>>) => (image: GeneratedImage) => {
  const layer = image.blobs.at(-1)!.digest
  return ((request) =>
    request.kind === 'blob' && request.digest === layer ? fault : undefined) as RequestHook
}
const failed = (step: string, cause: Readonly<Record<string, unknown>>) => ({
  code: 'STEP_FAILED',
  step,
  cause: expect.objectContaining(cause),
})
const unjudged = { code: 'UNJUDGED', step: 'decide' }
const scanning = (scan: Scanner['scan']) => ({ scanners: [{ name: 'odd', scan }] })
/** A real report of the builtin scanner, changed. */
const reporting = (changes: Partial<ScanReport>) =>
  scanning(async (target, options) => ({
    ...(await scannerFor('leftover').scan(target, options)),
    ...changes,
  }))

const inputs: Readonly<Record<string, BadInput>> = {
  'an unknown tag': {
    options: (host) => ({ from: `${host}/build/app:none` }),
    error: failed('resolve', { code: 'MANIFEST_NOT_FOUND' }),
  },
  'an unknown repository': {
    options: (host) => ({ from: `${host}/none:1` }),
    error: failed('resolve', { code: 'MANIFEST_NOT_FOUND' }),
  },
  'a digest that is not there': {
    options: (host) => ({ from: `${host}/build/app@${digestOf('none')}` }),
    error: failed('resolve', { code: 'MANIFEST_NOT_FOUND' }),
  },
  'a layer that ends early': {
    hook: onLayer({ type: 'alter-response', body: Buffer.from('short') }),
    error: failed('inventory', {
      code: expect.stringMatching(/SIZE_MISMATCH|REGISTRY_UNREACHABLE|REGISTRY_ERROR/),
    }),
  },
  'a connection that breaks in every try of a layer': {
    hook: onLayer({ type: 'alter-response', truncateAt: 0 }),
    error: failed('inventory', { code: 'REGISTRY_UNREACHABLE', retryable: true }),
  },
  'a layer with another digest': {
    hook: onLayer({ type: 'alter-response', flipByteAt: 20 }),
    error: failed('inventory', { code: 'DIGEST_MISMATCH' }),
  },
  'a layer that the registry lost': {
    hook: onLayer({ type: 'respond', status: 404 }),
    error: failed('inventory', { code: 'BLOB_NOT_FOUND' }),
  },
  'a layer that is not a tar': {
    image: { ...usual, layers: [...usual.layers, { tar: Buffer.from('this is no tar. '.repeat(200)) }] },
    error: failed('inventory', { code: expect.stringMatching(/^(TAR|LAYER)_/) }),
  },
  'a wrong diff_id': {
    image: {
      ...usual,
      override: { rootfs: { type: 'layers', diff_ids: usual.layers.map((_, n) => digestOf(String(n))) } },
    },
    error: failed('inventory', { code: expect.stringMatching(/DIFF_ID|DIGEST_MISMATCH/) }),
  },
  'fewer diff_ids than layers': {
    image: { ...usual, override: { rootfs: { type: 'layers', diff_ids: [] } } },
    error: { code: 'STEP_FAILED' },
  },
  'a config that is none': {
    image: { ...usual, override: { os: 7 } },
    error: { code: 'STEP_FAILED', step: 'resolve', side: 'source' },
  },
  'an unknown distribution': {
    image: debianImage({ osRelease: 'ID=nobody-knows\nVERSION_ID=1\n' }),
    error: unjudged,
    reasons: ['coverage-gap'],
  },
  'an empty package database': {
    image: debianImage({ status: '' }),
    error: unjudged,
    reasons: ['coverage-gap'],
  },
  'no file at all': { image: { config: usual.config }, error: unjudged, reasons: ['coverage-gap'] },
  'a scanner that crashes': {
    options: () =>
      scanning(async () => {
        throw new Error('segmentation fault')
      }),
    error: { ...unjudged, message: expect.stringContaining('segmentation fault') },
    reasons: ['step-failed'],
  },
  'a scanner that throws before it waits': {
    options: () =>
      scanning(() => {
        throw new ScanError('SCANNER_MISSING', 'trivy: not found')
      }),
    error: { ...unjudged, message: expect.stringContaining('SCANNER_MISSING') },
    reasons: ['step-failed'],
  },
  'a scanner that runs out of time': {
    options: () =>
      scanning(async () => {
        throw new ScanError('SCANNER_TIMEOUT', 'no answer in 300 s')
      }),
    error: unjudged,
    reasons: ['step-failed'],
  },
  'one of two scanners that fails': {
    options: () => ({
      scanners: [
        scannerFor('leftover'),
        { name: 'odd', scan: () => Promise.reject(new Error('out of memory')) },
      ],
    }),
    error: unjudged,
    reasons: ['step-failed'],
  },
  'a scanner that fails only on the hardened image': {
    options: () => {
      let scans = 0
      const real = scannerFor('leftover')
      return scanning(async (target, options) => {
        if (++scans > 1) throw new Error('second time')
        return await real.scan(target, options)
      })
    },
    error: unjudged,
    reasons: ['step-failed'],
  },
  'a report about another digest': {
    options: () => reporting({ subject: digestOf('another image') }),
    error: { ...unjudged, message: expect.stringContaining('SUBJECT_MISMATCH') },
    reasons: ['step-failed'],
  },
  'two reports about two images': {
    options: () => ({
      scanners: [scannerFor('leftover'), ...reporting({ subject: digestOf('another image') }).scanners],
    }),
    error: { ...unjudged, message: expect.stringContaining('SUBJECT_MISMATCH') },
    reasons: ['step-failed'],
  },
  'a report that covers nothing': {
    options: () => reporting({ status: 'unsupported' }),
    error: unjudged,
    reasons: ['coverage-gap'],
  },
  'a scanner that answers with nothing': {
    options: () => scanning(async () => undefined as unknown as ScanReport),
    error: unjudged,
    reasons: ['step-failed'],
  },
  'no scanner': { options: () => ({ scanners: [] }), error: { code: 'OPTIONS_INVALID' } },
  'a tier that the policy lacks': {
    options: () => ({ tier: 'staging' }),
    error: { code: 'OPTIONS_INVALID', cause: expect.objectContaining({ code: 'TIER_UNKNOWN' }) },
  },
  'a platform that is not there': {
    options: () => ({ platforms: ['linux/s390x'] }),
    error: { code: 'OPTIONS_INVALID', message: expect.stringContaining('linux/amd64') },
  },
  'a source without tag or digest': {
    options: (host) => ({ from: `${host}/build/app` }),
    error: { code: 'REFERENCE_INVALID', side: 'source' },
  },
  'a source without a registry': { options: () => ({ from: 'app:1' }), error: { code: 'REFERENCE_INVALID' } },
  'a source folder that is no layout': {
    options: () => ({ from: 'oci:/nowhere/at/all:1' }),
    error: { cause: expect.objectContaining({ code: 'LAYOUT_INVALID' }) },
  },
  'a destination without a tag': {
    options: (host) => ({ to: `${host}/prod/app` }),
    error: { code: 'REFERENCE_INVALID', side: 'target' },
  },
  'a destination with a digest': {
    options: (host) => ({ to: `${host}/prod/app:1@${digestOf('x')}` }),
    error: { code: 'REFERENCE_INVALID', side: 'target' },
  },
  ...Object.fromEntries(
    ['sha256-HEX', 'sha256-HEX.sig', 'sha256-HEX.att', 'sha512-HEX'].map((tag): [string, BadInput] => [
      `a destination under whose tag evidence is kept, ${tag}`,
      {
        options: (host) => ({ to: `${host}/prod/app:${tag.replace('HEX', 'a'.repeat(64))}` }),
        error: { code: 'REFERENCE_INVALID', side: 'target' },
      },
    ]),
  ),
  'a quarantine that is the destination, where what is stopped would be kept': {
    options: (host) => ({ quarantineRepository: `${host}/prod/app`, scanners: [scannerFor('hello')] }),
    error: { code: 'OPTIONS_INVALID', step: 'resolve' },
  },
  ...Object.fromEntries(
    ['', 'our gate', '/gate/prod'].map((verifierId): [string, BadInput] => [
      `a gate that is named ${JSON.stringify(verifierId)}, which is no URI`,
      { options: () => ({ verifierId }), error: { code: 'OPTIONS_INVALID' } },
    ]),
  ),
  'a destination that is no reference': {
    options: (host) => ({ to: `${host}/Prod//app:1` }),
    error: { code: 'REFERENCE_INVALID', side: 'target' },
  },
  'a folder for the work that is not there': {
    options: () => ({ workDirectory: '/nowhere/at/all' }),
    error: { code: 'OPTIONS_INVALID' },
  },
}

describe('promote with bad input', () => {
  it.each(Object.entries(inputs))('ends in error and leaves the target alone: %s', async (_title, input) => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const from = `${registry.host}/build/app:1`
    const to = `${registry.host}/prod/app:1`
    const image = createImage(input.image ?? usual)
    await pushImage(gate.repository(from), image, '1')
    await pushImage(gate.repository(to), createImage(debianImage({ data: 'of yesterday' })), '1')
    const before = registry.snapshot()

    registry.setRequestHook(input.hook?.(image))
    const outcome = await gate.promote({ from, to, ...input.options?.(registry.host) })

    expect(outcome).toMatchObject({ verdict: 'error', error: { name: 'GateError', ...input.error } })
    expect(registry.snapshot()).toEqual(before)
    const decision = outcome.verdict === 'error' ? outcome.decision : undefined
    const errors = decision?.reasons.filter(({ effect }) => effect === 'error').map(({ code }) => code)
    expect(errors && [...new Set(errors)]).toEqual(input.reasons)
    for (const record of (await gate.journal.list()).items) expect(record.verdict).toBe('error')
    expect((await gate.quarantine.list()).items).toHaveLength(input.reasons ? 1 : 0)
  })

  it.each(['basic', 'token'] as const)(
    'ends in error when the registry refuses the credentials (%s)',
    async (scheme) => {
      await using registry = await startRegistry({ auth: { ...credentials, password: 'another', scheme } })
      await using gate = await openTestGate()
      const outcome = await gate.promote({
        from: `${registry.host}/build/app:1`,
        to: `${registry.host}/prod/app:1`,
      })
      expect(outcome).toMatchObject({ verdict: 'error', error: failed('resolve', { code: 'UNAUTHORIZED' }) })
      expect(JSON.stringify(outcome)).not.toContain(credentials.password)
      if (outcome.verdict === 'error') expect(outcome.error.message).not.toContain(credentials.password)
      expect(registry.snapshot()).toEqual({})
    },
  )

  it('ends in error when the source can be read but the target refuses the credentials', async () => {
    await using build = await startRegistry()
    await using prod = await startRegistry({
      auth: { ...credentials, password: 'another', anonymousPull: true },
    })
    await using gate = await openTestGate()
    const from = `${build.host}/build/app:1`
    await pushImage(gate.repository(from), createImage(usual), '1')
    const outcome = await gate.promote({ from, to: `${prod.host}/prod/app:1` })
    expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'STEP_FAILED' } })
    expect(prod.snapshot()).toEqual({})
  })

  it('does not take an artifact of another kind for an image', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const from = `${registry.host}/build/app:1`
    const repository = gate.repository(from)
    const empty = Buffer.from('{}')
    const config = { mediaType: mediaTypes.ociEmpty, digest: digestOf(empty), size: 2 }
    const one = async function* () {
      yield empty
    }
    await repository.write(config, one())
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [config] }),
    )
    const descriptor = { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.byteLength }
    await repository.putManifest({ descriptor, bytes }, { tag: '1' })
    const before = registry.snapshot()
    const outcome = await gate.promote({ from, to: `${registry.host}/prod/app:1` })
    expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'STEP_FAILED', side: 'source' } })
    expect(registry.snapshot()).toEqual(before)
  })
})

describe('promote with a critical finding in a package that is used', () => {
  const options = { scanners: [scannerFor('hello')] }
  const waiver = (expires: string, name = 'hello') => [
    defineWaivers(
      [
        {
          id: 'W-1',
          vulnerability: 'CVE-2026-1001',
          scope: { package: `pkg:deb/debian/${name}` },
          reason: 'not reachable',
          owner: 'platform',
          expires,
        },
      ],
      { source: 'waivers.yaml' },
    ),
  ]
  const second = (offset: number) => new Date(Date.parse(startTime) + offset * 1000).toISOString()

  it.each([
    ['no waiver', [], 'fail'],
    ['a waiver that expired one second ago', waiver(second(-1)), 'fail'],
    ['a waiver that expires now', waiver(second(0)), 'fail'],
    ['a waiver for another package', waiver('2026-12-31', 'dash'), 'fail'],
    ['a waiver that is valid', waiver('2026-12-31'), 'pass'],
  ] as const)('and %s', async (_title, waivers, verdict) => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const from = `${registry.host}/build/app:1`
    await pushImage(gate.repository(from), createImage(usual), '1')
    const outcome = await gate.promote({ ...options, from, to: `${registry.host}/prod/app:1`, waivers })
    expect(outcome.verdict).toBe(verdict)
    if (outcome.verdict === 'pass') {
      expect(outcome.decision.waivers).toMatchObject([{ id: 'W-1', state: 'applied' }])
    } else {
      expect(registry.snapshot()).not.toHaveProperty('prod/app')
    }
  })

  it('goes to quarantine with package, file and chain, and no request writes to the target', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const from = `${registry.host}/build/app:1`
    await pushImage(gate.repository(from), createImage(usual), '1')
    registry.clearRequests()
    const outcome = await gate.promote({
      from,
      to: `${registry.host}/prod/app:1`,
      scanners: [scannerFor('hello', 'dash', 'leftover')],
    })

    expect(outcome.verdict).toBe('fail')
    if (outcome.verdict !== 'fail') return
    const { record } = (await gate.quarantine.get(outcome.quarantine.id))!
    expect(record).toEqual(outcome.quarantine)
    const blocking = record.decision.reasons.flatMap(({ effect, findings }) =>
      effect === 'fail' ? (findings ?? []) : [],
    )
    expect(blocking.map(({ package: name }) => name).sort()).toEqual(['dash', 'hello'])
    for (const finding of blocking) {
      expect(finding.file).toBe(`/usr/bin/${finding.package}`)
      expect(finding.chain[0]).toMatchObject({ kind: 'entry', to: '/app/run.sh' })
      expect(finding.chain.at(-1)).toMatchObject({ to: finding.file })
      for (const text of [finding.id, finding.package, finding.file!, '/app/run.sh']) {
        expect(record.explanation).toContain(text)
      }
    }
    expect(registry.snapshot()).not.toHaveProperty('prod/app')
    expect(registry.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([])
    expect((await gate.journal.list()).items).toMatchObject([{ verdict: 'fail', targetDigest: undefined }])

    const again = await gate.promote({
      from,
      to: `${registry.host}/prod/app:1`,
      scanners: [scannerFor('hello', 'dash', 'leftover')],
    })
    expect(again).toMatchObject({ verdict: 'fail', quarantine: { id: record.id } })
    expect((await gate.quarantine.list()).items).toHaveLength(1)
  })

  it('of an unused package fails too, unless hardening removes it', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const from = `${registry.host}/build/app:1`
    const to = `${registry.host}/prod/app:1`
    await pushImage(gate.repository(from), createImage(usual), '1')
    expect(usualPackages).toHaveProperty('leftover')
    expect(await gate.promote({ from, to, harden: false })).toMatchObject({
      verdict: 'fail',
      decision: { findings: [{ package: 'leftover', usage: 'present' }] },
    })
    expect(await gate.promote({ from, to, harden: true })).toMatchObject({ verdict: 'pass' })
    expect(await gate.promote({ from, to, harden: { keep: ['leftover'] } })).toMatchObject({
      verdict: 'fail',
    })
  })
})
