import { parsePredicate, predicateKinds, readEvidence } from '@sallyport/attest'
import { readVex, type Scanner, type TrustedVex } from '@sallyport/scan'
import { parseGrypeIgnore, parseTrivyIgnore } from '@sallyport/scan/ignore'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { debianImage } from './debian-image.fixture.ts'
import type { PromoteOptions } from './options.ts'
import { openTestGate, scannerFor } from './test-gate.fixture.ts'

async function openStatementTest() {
  const registry = await startRegistry()
  const gate = await openTestGate()
  const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
  const source = createImage(debianImage())
  await pushImage(gate.repository(from), source, '1')
  return {
    host: registry.host,
    advance: (ms: number) => gate.advance(ms),
    removeTag: () => fetch(`${registry.url}/v2/prod/app/manifests/1`, { method: 'DELETE' }),
    digest: source.raw.descriptor.digest,
    /** `hello` is used and has a critical flaw. */
    promote: (options: Partial<PromoteOptions>) =>
      gate.promote({ from, to, scanners: [scannerFor('hello', 'leftover')], ...options }),
    evidence: async (subject: string) =>
      (
        await readEvidence(gate.repository(to), subject as typeof source.raw.descriptor.digest, {
          keys: [gate.keys.evidence, gate.keys.release],
        })
      ).verified,
    async [Symbol.asyncDispose]() {
      await registry.close()
      await gate[Symbol.asyncDispose]()
    },
  }
}

const say = (product: string, more: object = {}): TrustedVex => {
  const statement = {
    vulnerability: { name: 'CVE-2026-1001' },
    products: [{ '@id': product }],
    status: 'not_affected',
    justification: 'vulnerable_code_not_in_execute_path',
    ...more,
  }
  const document = readVex({ statements: [statement] }, { source: 'vex.json' })
  return { document, source: 'vex.json', trustedAs: 'security team' }
}
const oci = (digest: string) => `pkg:oci/app@${encodeURIComponent(digest)}`
const ignore = (text: string) => [
  { ...parseTrivyIgnore(text, { source: '.trivyignore' }), owner: 'platform team' },
]

describe('promote with statements about a critical finding', () => {
  it.each<[string, (digest: string, host: string) => Partial<PromoteOptions>, string]>([
    ['a statement about the source', (digest) => ({ vex: [say(oci(digest))] }), 'pass'],
    [
      'a statement about the repository of the source',
      (_, host) => ({ vex: [say(`pkg:oci/app?repository_url=${encodeURIComponent(`${host}/build/app`)}`)] }),
      'pass',
    ],
    [
      'a statement about the repository of the destination',
      (_, host) => ({ vex: [say(`pkg:oci/app?repository_url=${encodeURIComponent(`${host}/prod/app`)}`)] }),
      'pass',
    ],
    ['a statement about the package', () => ({ vex: [say('pkg:deb/debian/hello')] }), 'pass'],
    ['a statement about another image', () => ({ vex: [say(oci(`sha256:${'0'.repeat(64)}`))] }), 'fail'],
    [
      'a statement without a justification',
      (digest) => ({ vex: [say(oci(digest), { justification: undefined })] }),
      'fail',
    ],
    ['an ignore file', () => ({ ignore: ignore('CVE-2026-1001\n') }), 'pass'],
    ['an ignore file that has expired', () => ({ ignore: ignore('CVE-2026-1001 exp:2026-01-01\n') }), 'fail'],
    ['an ignore file about something else', () => ({ ignore: ignore('CVE-1999-1\n') }), 'fail'],
  ])('%s', async (_title, options, verdict) => {
    await using test = await openStatementTest()
    const given = options(test.digest, test.host)
    const outcome = await test.promote(given)
    expect(outcome.verdict).toBe(verdict)
    const decision = outcome.verdict === 'error' ? undefined : outcome.decision
    const suppressed = decision?.findings.flatMap((finding) => finding.suppressed ?? [])
    const notes = decision?.reasons.filter(({ effect }) => effect === 'note').map(({ code }) => code)
    if (verdict === 'pass') {
      const author = given.vex ? 'security team' : 'platform team'
      expect(suppressed).toMatchObject([{ author }])
      expect(notes).toEqual([])
    } else {
      expect(suppressed).toEqual([])
      expect(notes).toEqual([
        expect.stringMatching(/^(vex-unmatched|vex-rejected|ignore-expired|ignore-unused)$/),
      ])
    }
  })

  it.each<[string, Partial<PromoteOptions>]>([
    ['a statement', { vex: [{ ...say('pkg:deb/debian/hello'), trustedAs: ' ' }] }],
    ['an ignore file', { ignore: [{ ...parseGrypeIgnore('ignore: []', { source: 'g' }), owner: '' }] }],
  ])('refuses %s that nobody answers for', async (_title, options) => {
    await using test = await openStatementTest()
    const outcome = await test.promote(options)
    expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'OPTIONS_INVALID' } })
  })

  it('says in the evidence who took it out of the count, and what hardening removed', async () => {
    await using test = await openStatementTest()
    const outcome = await test.promote({ vex: [say(oci(test.digest))] })
    if (outcome.verdict !== 'pass') throw new Error(JSON.stringify(outcome))
    expect(outcome.platforms[0]!.change).toEqual({
      fixedByRemoval: [{ id: 'CVE-2026-1002', purl: expect.stringContaining('/leftover@') }],
      remaining: 1,
      vanished: [],
    })
    const found = await test.evidence(outcome.digest)
    const of = <T>(kind: { readonly type: string } & Parameters<typeof parsePredicate<T>>[1]) =>
      parsePredicate(found.find(({ statement }) => statement.predicateType === kind.type)!.statement, kind)
    expect(of(predicateKinds.vulns).scanner.result).toMatchObject([
      {
        id: 'CVE-2026-1001',
        annotations: [{ suppressed: { kind: 'vex', author: 'security team', source: 'vex.json' } }],
      },
    ])
    expect(of(predicateKinds.openvex)).toMatchObject({
      author: 'https://sallyport.dev/gate/prod',
      statements: [
        {
          vulnerability: { name: 'CVE-2026-1002' },
          products: [{ '@id': expect.stringContaining(encodeURIComponent(outcome.digest)) }],
          status: 'not_affected',
          justification: 'component_not_present',
        },
      ],
    })
  })
})

it('a finding that vanishes between two scans of one promotion is an error', async () => {
  await using test = await openStatementTest()
  const real = scannerFor('hello', 'leftover')
  let scans = 0
  const forgetful: Scanner = {
    name: 'forgetful',
    scan: async (target, options) => {
      const report = await real.scan(target, options)
      return ++scans === 1 ? report : { ...report, findings: [] }
    },
  }
  const outcome = await test.promote({ scanners: [forgetful] })
  expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'UNJUDGED' } })
  expect(outcome.platforms[0]!.change).toMatchObject({ vanished: [{ id: 'CVE-2026-1001' }] })
  const reasons = outcome.verdict === 'error' ? outcome.decision?.reasons : []
  expect(reasons?.map(({ code }) => code)).toEqual(['finding-vanished'])
})

it('what passed by an ignore rule is judged anew once that has expired', async () => {
  await using test = await openStatementTest()
  const options = { ignore: ignore('CVE-2026-1001 exp:2026-11-26\nCVE-2026-1002 exp:2026-11-26\n') }
  expect(await test.promote(options)).toMatchObject({ verdict: 'pass', changed: true })
  expect(await test.promote(options)).toMatchObject({ verdict: 'pass', changed: false })
  test.advance(13 * 3_600_000)
  expect(await test.promote(options)).toMatchObject({ verdict: 'fail' })
})

it('a judgement that is the same without an ignore rule that has expired moves the tag all the same', async () => {
  await using test = await openStatementTest()
  const twice = 'CVE-2026-1001\nCVE-2026-1001 exp:2026-11-26\nCVE-2026-1002\n'
  const options = { ignore: ignore(twice) }
  const first = await test.promote(options)
  test.advance(13 * 3_600_000)
  await test.removeTag()
  const again = await test.promote(options)
  expect([first, again]).toMatchObject([{ verdict: 'pass' }, { verdict: 'pass', changed: true }])
})
