import { type Digest, digestOf } from '@sallyport/core'
import type { Inventory, Package } from '@sallyport/inventory'
import type { Scanner, TrustedVex } from '@sallyport/scan'
import { parseTrivyIgnore } from '@sallyport/scan/ignore'
import { describe, expect, it } from 'vitest'
import type { PresentTerms } from '../audit-terms.ts'
import { now, policyOf, scannerFor } from '../classify/evidence-lab.fixture.ts'
import { createJudge, type ImageToJudge } from './create-judge.ts'

const subject = digestOf('image')
const purlOf = (name: string) => `pkg:deb/debian/${name}@1`

function inventoryOf(names: readonly string[], changes: Partial<Inventory> = {}): Inventory {
  return {
    subject,
    platform: { os: 'linux', architecture: 'amd64' },
    distro: { id: 'debian', versionId: '12', idLike: [] },
    packages: names.map((name): Package => ({
      type: 'deb',
      name,
      version: '1',
      purl: purlOf(name),
      source: { name, version: '1' },
      files: [],
      evidence: { path: '/var/lib/dpkg/status', layer: 0, diffId: subject, method: 'sbom' },
    })),
    gaps: [],
    ...changes,
  }
}

const judge = (
  image: Partial<ImageToJudge>,
  {
    rules,
    flawed = ['hello'],
    ...present
  }: Partial<PresentTerms> & {
    readonly rules?: string
    readonly flawed?: readonly string[]
  } = {},
  at = now,
) =>
  createJudge()(
    {
      inventories: [inventoryOf(['hello', 'bash'])],
      digests: [subject],
      repository: 'prod.example/app',
      ...image,
    },
    {
      tier: 'prod',
      present: { policy: policyOf(rules), scanners: [scannerFor(...flawed)], ...present },
      now: at,
    },
  )

const threshold = (terms: string) => `    thresholds: [{ name: limit, ${terms}, max: 0 }]`
const lenient = threshold('severity: critical, package: [nothing]')
const earlier = (finding: object = {}, at = '2026-05-31T00:00:00Z') => ({
  at: Date.parse(at),
  findings: [{ id: 'CVE-2026-1001', purl: purlOf('hello'), ...finding }],
})
const vexOf = (digest: Digest): TrustedVex => ({
  source: 'vex.json',
  trustedAs: 'the owner of hello',
  document: {
    format: 'openvex',
    statements: [
      {
        vulnerabilities: ['CVE-2026-1001'],
        status: 'not_affected',
        justification: 'vulnerable_code_not_present',
        products: [{ name: 'image', purls: [], digests: [digest], subcomponents: [] }],
        timestamp: '2026-05-01T00:00:00Z',
      },
    ],
  },
})
const ignoreUntil = (day: string) => ({
  ...parseTrivyIgnore(`CVE-2026-1001 exp:${day}`, { source: '.trivyignore' }),
  owner: 'the owner of hello',
})

describe('createJudge', () => {
  it.each([
    ['fails by a flaw of a package', {}, {}, 'fail', 'threshold-exceeded'],
    ['passes without one', {}, { flawed: [] }, 'pass', undefined],
    [
      'fails by the worst of several SBOMs',
      { inventories: [inventoryOf(['bash']), inventoryOf(['hello'])] },
      {},
      'fail',
      'threshold-exceeded',
    ],
    ['gives no answer without packages', { inventories: [inventoryOf([])] }, {}, 'error', 'coverage-gap'],
    [
      'gives no answer without a distribution',
      { inventories: [inventoryOf(['bash'], { distro: undefined })] },
      {},
      'error',
      'coverage-gap',
    ],
    [
      'gives no answer where something was not seen',
      { inventories: [inventoryOf(['bash'], { gaps: [{ code: 'UNREADABLE', message: 'a file' }] })] },
      {},
      'error',
      'coverage-gap',
    ],
    [
      'gives no answer to an SBOM that could not be read',
      { inventories: [{ code: 'SBOM_INVALID', message: 'no SBOM' }] },
      {},
      'error',
      'SBOM_INVALID',
    ],
    ['gives no answer without an SBOM', { inventories: [] }, {}, 'error', undefined],
    [
      'fails all the same when another SBOM could not be read',
      { inventories: [{ code: 'SBOM_INVALID', message: '' }, inventoryOf(['hello'])] },
      {},
      'fail',
      'threshold-exceeded',
    ],
    [
      'does not believe what only an earlier decision set aside',
      { earlier: earlier({ suppressed: { kind: 'vex', status: 'not_affected', source: 'vex.json' } }) },
      {},
      'fail',
      'threshold-exceeded',
    ],
    ['believes a VEX document of today', {}, { vex: [vexOf(digestOf('image'))] }, 'pass', undefined],
    [
      'believes one about the index that lists it',
      { digests: [subject, digestOf('index')] },
      { vex: [vexOf(digestOf('index'))] },
      'pass',
      undefined,
    ],
    [
      'believes none about another image',
      {},
      { vex: [vexOf(digestOf('another'))] },
      'fail',
      'threshold-exceeded',
    ],
    ['believes an ignore file of today', {}, { ignore: [ignoreUntil('2026-12-31')] }, 'pass', undefined],
    [
      'does not believe it once it has ended',
      {},
      { ignore: [ignoreUntil('2026-01-31')] },
      'fail',
      'threshold-exceeded',
    ],
    [
      'judges packages by the present rules',
      {},
      { rules: `${lenient}\n    requirements: { packages: { forbidden: ["pkg:deb/debian/bash"] } }` },
      'fail',
      'package-forbidden',
    ],
    [
      'judges an expression that asks only what an SBOM tells',
      {},
      { rules: `${lenient}\n    rules: [{ name: few, expression: "size(counted) == 0" }]` },
      'fail',
      'cel-false',
    ],
    [
      'judges an expression that also asks for the place',
      {},
      {
        rules: `${lenient}\n    rules: [{ name: few, expression: 'image.repository != "prod.example/app" || size(counted) == 0' }]`,
      },
      'fail',
      'cel-false',
    ],
    [
      'gives no answer to an expression of findings and files',
      {},
      {
        rules: `${lenient}\n    rules: [{ name: both, expression: "size(counted) + size(image.setuid) == 0" }]`,
      },
      'error',
      'needs-layers-and-findings',
    ],
    [
      'counts unused packages as the hardening attested',
      { usage: { coverage: 'complete', unused: [purlOf('hello')] } },
      { rules: threshold('severity: critical, usage: [executed, loaded]') },
      'pass',
      undefined,
    ],
    [
      'counts packages of which nothing is attested as executed',
      { usage: { coverage: 'complete', unused: [] } },
      { rules: threshold('severity: critical, usage: executed') },
      'fail',
      'threshold-exceeded',
    ],
    [
      'counts possible use without recordings',
      {},
      { rules: threshold('severity: critical, usage: executed') },
      'fail',
      'threshold-exceeded',
    ],
    [
      'grants grace from disclosure',
      {},
      { rules: threshold('severity: critical, age: { since: disclosure, atLeast: 60d }') },
      'pass',
      undefined,
    ],
    [
      'fails when grace from first sight is over in any case',
      { earlier: earlier({}, '2026-05-02T00:00:00Z') },
      { rules: threshold('severity: critical, age: { since: first-seen, atLeast: 14d }') },
      'fail',
      'threshold-exceeded',
    ],
    [
      'does not know when grace from first sight began',
      { earlier: earlier() },
      { rules: threshold('severity: critical, age: { since: first-seen, atLeast: 14d }') },
      'error',
      'first-seen-unknown',
    ],
    [
      'passes when grace from first sight lasts in any case',
      {},
      { rules: threshold('severity: critical, age: { since: first-seen, atLeast: 60d }') },
      'pass',
      undefined,
    ],
  ] as const)('%s', async (_, image, present, verdict, code) => {
    const found = await judge(image as Partial<ImageToJudge>, present)
    expect([found.verdict, found.reasons[0]?.code]).toEqual([verdict, code])
  })

  it.each([
    'config: { user: non-root }',
    'labels: { required: [{ key: team }] }',
    'secrets: {}',
    'misconfigurations: { max: { high: 0 } }',
    'base: { presence: required }',
    'base: { presence: required, allow: [debian] }',
    'signatures: { presence: required, signers: [{ key: team }] }',
    'provenance: { presence: required }',
    'sbom: { presence: required }',
    'evidenceAge: { sbom: { presence: required, maxAge: 7d } }',
    'scanners: { required: [{ name: trivy }] }',
    'platforms: { required: [linux/arm64] }',
  ])('leaves to the decision what an SBOM can not tell: %s', async (requirement) => {
    const rules = `${lenient}\n    requirements: { ${requirement} }`
    const found = await judge({}, { rules })
    expect(found).toMatchObject({ verdict: 'pass', reasons: [], unsettled: [{ code: 'needs-layers' }] })
  })

  it.each([
    'size(image.shells) == 0',
    'image.user != "root"',
    '!has(image.setuid)',
    'has(base.name) && base.name == "debian"',
    'evidence.exists(one, one.kind == "sbom")',
    'size(scan.weaknesses) == 0',
    'has(image.user) && image.user == "app"',
  ])('leaves to the decision an expression that an SBOM can not answer: %s', async (expression) => {
    const rules = `${lenient}\n    rules: [{ name: one, expression: '${expression}' }]`
    const found = await judge({}, { rules })
    expect(found).toMatchObject({ verdict: 'pass', reasons: [], unsettled: [{ code: 'needs-layers' }] })
  })

  it('says error of a scanner that needs layers', async () => {
    const scanner: Scanner = {
      name: 'layers',
      scan: async ({ layoutDirectory }) => Promise.reject(new Error(`${layoutDirectory} is not there`)),
    }
    expect(await judge({}, { scanners: [scanner] })).toMatchObject({
      verdict: 'error',
      reasons: [{ code: 'step-failed' }],
    })
  })

  it('scans the same contents once, wherever they are', async () => {
    let scans = 0
    const inner = scannerFor()
    const scanners: readonly Scanner[] = [{ ...inner, scan: (...given) => (scans++, inner.scan(...given)) }]
    const present = { policy: policyOf(), scanners }
    const kept = createJudge()
    for (const repository of ['prod.example/a', 'prod.example/b'])
      await kept(
        { inventories: [inventoryOf(['bash']), inventoryOf(['bash'])], digests: [subject], repository },
        { tier: 'prod', present, now },
      )
    expect(scans).toBe(1)
    await kept(
      { inventories: [inventoryOf(['bash'])], digests: [subject], repository: 'prod.example/a' },
      { tier: 'prod', present, now: new Date(now.getTime() + 3_600_001) },
    )
    expect(scans).toBe(2)
  })

  it('scans the same contents anew once the data of a scanner are others', async () => {
    let inner = scannerFor()
    const scanner: Scanner = {
      name: inner.name,
      scan: (...given) => inner.scan(...given),
      currentData: async () => [{ name: 'advisories', version: inner === known ? '2' : '1' }],
    }
    const known = scannerFor('bash')
    const present = { policy: policyOf(), scanners: [scanner] }
    const kept = createJudge()
    const ask = () =>
      kept(
        { inventories: [inventoryOf(['bash'])], digests: [subject], repository: 'prod.example/a' },
        { tier: 'prod', present, now },
      )
    expect(await ask()).toMatchObject({ verdict: 'pass' })
    inner = known
    expect(await ask()).toMatchObject({ verdict: 'fail' })
  })

  it('counts findings by severity', async () => {
    const inventories = [inventoryOf(['hello', 'bash']), inventoryOf(['hello'])]
    expect((await judge({ inventories }, { flawed: ['hello', 'bash'] })).findings).toEqual({ critical: 2 })
  })
})
