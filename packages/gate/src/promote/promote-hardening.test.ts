import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parsePredicate, predicateKinds, readEvidence } from '@sallyport/attest'
import type { Digest } from '@sallyport/core'
import type { SmokeResult, SmokeTest } from '@sallyport/harden/smoke'
import { readStrace } from '@sallyport/harden/evidence'
import { folderMirror, type MirrorReader } from '@sallyport/harden/patch'
import { parseHardenDocument } from '@sallyport/harden/report'
import { parsePolicy } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { criticalAdvisory, debianImage, usualPackages } from './debian-image.fixture.ts'
import type { HardenChoice, PromoteOptions } from './options.ts'
import { openTestGate } from './test-gate.fixture.ts'

const osRelease = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'
const mirror = join(import.meta.dirname, '__fixtures__', 'mirror')
/** `hello` is used, and has a repair in the mirror; `leftover` is not. */
const advisories = parseAdvisories(
  [criticalAdvisory('CVE-2026-1001', 'hello', '2.10-4'), criticalAdvisory('CVE-2026-1002', 'leftover')],
  { source: 'test' },
)

/** A gate for one image of which nothing is at the destination yet. */
async function openHardeningTest({ packages = usualPackages } = {}) {
  const registry = await startRegistry()
  const gate = await openTestGate()
  const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
  const source = createImage(debianImage({ osRelease, packages }))
  await pushImage(gate.repository(from), source, '1')
  return {
    digest: source.raw.descriptor.digest,
    promote: (harden: HardenChoice, options: Partial<PromoteOptions> = {}) =>
      gate.promote({ from, to, scanners: [builtinScanner({ advisories })], harden, ...options }),
    tagged: () => registry.resolve('prod/app', '1'),
    async evidenceOf(subject: Digest) {
      const keys = [gate.keys.evidence, gate.keys.release]
      const { verified } = await readEvidence(gate.repository(to), subject, { keys })
      return <T>(kind: { readonly type: string } & Parameters<typeof parsePredicate<T>>[1]) =>
        parsePredicate(
          verified.find(({ statement }) => statement.predicateType === kind.type)!.statement,
          kind,
        )
    },
    async [Symbol.asyncDispose]() {
      await registry.close()
      await gate[Symbol.asyncDispose]()
    },
  }
}

const patchFrom = async (reader: MirrorReader = folderMirror(mirror)) => ({
  sources: [
    {
      type: 'deb',
      mirror: reader,
      suite: 'bookworm-security',
      components: ['main'],
      keyring: await readFile(join(mirror, 'archive-key.asc'), 'utf8'),
    } as const,
  ],
})

/** A recording in which the shell ran, and `hello` did not. */
const recordingOf = (digest: Digest) =>
  readStrace(
    '10 1764160000.000001 execve("/app/run.sh", ["/app/run.sh"], 0x7f /* 1 var */) = 0\n' +
      '10 1764163600.000001 execve("/usr/bin/dash", ["dash"], 0x7f /* 1 var */) = 0\n',
    { images: [digest], coverage: 'complete' },
  )

const answer = (change: Partial<SmokeResult> = {}): SmokeResult => ({
  status: 'passed',
  exitCode: 0,
  stdout: 'hello\n',
  stderr: '',
  answers: [],
  ...change,
})
/** Answers one run after the other. */
function smokeOf(...results: readonly SmokeResult[]): SmokeTest {
  const left = [...results]
  return { name: 'scripted', run: async () => left.shift() ?? answer() }
}

describe('promote with patches', () => {
  it('takes repaired versions after hardening, scans again, and says so in the evidence', async () => {
    await using test = await openHardeningTest()
    const outcome = await test.promote({ patch: await patchFrom() })
    if (outcome.verdict !== 'pass') throw new Error(JSON.stringify(outcome))
    const [platform] = outcome.platforms
    expect(platform!.patches!.packages).toMatchObject([
      { name: 'hello', version: '2.10-3', state: 'patched', available: '2.10-4' },
    ])
    expect(platform!.patches!.lastSeen).toEqual({ 'bookworm-security': '2026-11-24T00:00:00.000Z' })
    expect(platform!.after).toMatchObject({ digest: outcome.digest, packages: 3, findings: [] })
    expect(platform!.change).toEqual({
      fixedByRemoval: [{ id: 'CVE-2026-1002', purl: expect.stringContaining('/leftover@1.0-1') }],
      fixedByPatch: [{ id: 'CVE-2026-1001', purl: expect.stringContaining('/hello@2.10-3') }],
      remaining: 0,
      vanished: [],
    })

    const of = await test.evidenceOf(outcome.digest)
    const [byproduct] = of(predicateKinds.provenance).runDetails.byproducts ?? []
    const document = parseHardenDocument(Buffer.from(String(byproduct?.content), 'base64').toString())
    expect(document).toMatchObject({
      image: { before: test.digest, after: outcome.digest },
      removed: [{ name: 'leftover' }],
      patched: [{ name: 'hello', from: '2.10-3', to: '2.10-4' }],
      findings: { before: 2, after: 0, gone: { removed: 1, patched: 1, unexplained: 0 } },
    })
    const { statements } = of(predicateKinds.openvex)
    expect(statements.map(({ vulnerability, status }) => [vulnerability, status])).toEqual([
      [expect.objectContaining({ name: 'CVE-2026-1001' }), 'fixed'],
      [expect.objectContaining({ name: 'CVE-2026-1002' }), 'not_affected'],
    ])

    expect(await test.promote({ patch: await patchFrom() })).toMatchObject({
      verdict: 'pass',
      digest: outcome.digest,
      changed: false,
    })
  })

  it('patches an image of which nothing can be removed', async () => {
    const { leftover: _, ...packages } = usualPackages
    await using test = await openHardeningTest({ packages })
    const outcome = await test.promote({ patch: await patchFrom() })
    expect(outcome).toMatchObject({ verdict: 'pass', platforms: [{ after: { packages: 3, findings: [] } }] })
    expect(outcome.platforms[0]!.hardening!.unchangedBecause).toMatch(/no package/)
  })

  it('stops at a mirror that gives other bytes than were signed for', async () => {
    await using test = await openHardeningTest()
    const wrong: MirrorReader = {
      async *read(path, options) {
        yield* folderMirror(mirror).read(path, options)
        if (path.endsWith('.deb')) yield Buffer.from('more')
      },
    }
    const outcome = await test.promote({ patch: await patchFrom(wrong) })
    expect(outcome).toMatchObject({
      verdict: 'error',
      error: { code: 'STEP_FAILED', step: 'harden', cause: { code: 'CHECKSUM_MISMATCH' } },
    })
    expect(test.tagged()).toBeUndefined()
  })

  it('stops when the patched image does not pass the smoke test', async () => {
    await using test = await openHardeningTest()
    const smoke = smokeOf(answer(), answer(), answer({ status: 'failed', exitCode: 127 }))
    const outcome = await test.promote({ smoke, patch: await patchFrom() })
    expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'STEP_FAILED', step: 'harden' } })
    expect(test.tagged()).toBeUndefined()
  })
})

describe('promote with recordings', () => {
  const policy = parsePolicy(
    `version: 1
tiers:
  prod:
    thresholds: [{ name: nothing critical runs, severity: critical, usage: executed, max: 0 }]
`,
    { source: 'gate.yaml' },
  )

  it.each<[string, boolean, boolean, 'pass' | 'fail']>([
    ['counts what may run without a recording', false, false, 'fail'],
    ['counts only what was seen to run with a complete one', true, false, 'pass'],
    ['counts what may run once it was patched, which nobody has seen run', true, true, 'fail'],
  ])('%s', async (_title, isRecorded, isPatched, verdict) => {
    await using test = await openHardeningTest()
    const outcome = await test.promote(
      {
        evidence: isRecorded ? [await recordingOf(test.digest)] : undefined,
        patch: isPatched ? await patchFrom() : undefined,
      },
      {
        policy,
        // of a flaw that the newer version has as well
        scanners: [
          builtinScanner({
            advisories: parseAdvisories(
              [
                criticalAdvisory('CVE-2026-1001', 'hello', '2.10-4'),
                criticalAdvisory('CVE-2026-1003', 'hello'),
              ],
              { source: 'test' },
            ),
          }),
        ],
      },
    )
    expect(outcome.verdict, JSON.stringify(outcome)).toBe(verdict)
  })

  it('refuses one of another image', async () => {
    await using test = await openHardeningTest()
    const evidence = [await recordingOf(`sha256:${'0'.repeat(64)}`)]
    expect(await test.promote({ evidence })).toMatchObject({
      verdict: 'error',
      error: { code: 'STEP_FAILED', step: 'harden', cause: { code: 'EVIDENCE_MISMATCH' } },
    })
  })
})

describe('promote in relaxed mode', () => {
  const packages = {
    ...usualPackages,
    hello: { ...usualPackages['hello']!, depends: 'leftover' },
  }

  it.each<[string, HardenChoice, object]>([
    ['wants a proof', {}, { verdict: 'error', error: { cause: { code: 'PROOF_MISSING' } } }],
    [
      'takes a smoke test for one',
      { smoke: smokeOf() },
      { platforms: [{ hardening: { mode: 'relaxed', removed: [{ name: 'leftover' }] } }] },
    ],
    [
      'makes a closed plan when the smoke test fails',
      { smoke: smokeOf(answer(), answer({ status: 'failed', exitCode: 127 })) },
      { platforms: [{ hardening: { mode: 'closed', removed: [] } }] },
    ],
  ])('%s', async (_title, choice, expected) => {
    await using test = await openHardeningTest({ packages })
    expect(await test.promote({ mode: 'relaxed', ...choice })).toMatchObject(expected)
  })
})

describe('promote with other options of hardening', () => {
  it('hands them on', async () => {
    await using test = await openHardeningTest()
    const { platforms } = await test.promote({ maxRemoval: 0.1, configuration: true, strip: true })
    expect(platforms[0]!.hardening!.checks!.length).toBeGreaterThan(10)
    expect(platforms[0]!.hardening!.strip).toBeDefined()
    expect(platforms[0]!.hardening!.removed).toEqual([])
  })
})
