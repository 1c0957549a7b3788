import type { Finding } from '@sallyport/scan'
import { describe, expect, it } from 'vitest'
import type { HardenReport } from '../harden-result.ts'
import type { HardenPlan } from '../plan/plan-hardening.ts'
import type { PackageUsage, UsageEdge } from '../usage/usage.ts'
import { describeHardening, type DescribeHardeningInput } from './describe-hardening.ts'
import { explainFinding } from './explain-finding.ts'
import { parseHardenDocument } from './harden-document.schema.ts'
import { parsePlanDocument, toPlanDocument } from './plan-document.ts'
import { provenanceOfHardening } from './provenance-of-hardening.ts'
import { renderMarkdown } from './render-markdown.ts'
import { renderTree } from './render-tree.ts'
import { vexOfHardening } from './vex-of-hardening.ts'

const before = `sha256:${'a'.repeat(64)}` as const
const after = `sha256:${'b'.repeat(64)}` as const
const packageOf = (name: string, version = '1') => ({
  type: 'deb',
  name,
  version,
  purl: `pkg:deb/debian/${name}@${version}?arch=amd64`,
})
const finding = (id: string, name: string, change: Partial<Finding> = {}, version = '1'): Finding => ({
  id,
  aliases: [],
  package: packageOf(name, version),
  severity: 'high',
  ratings: [],
  fix: { state: 'not-fixed', versions: [] },
  scanners: ['test'],
  ...change,
})
const edge = (kind: UsageEdge['kind'], from: string, to: string): UsageEdge => ({
  kind,
  from,
  to,
  certain: true,
})
const used = (
  name: string,
  usage: PackageUsage['usage'],
  change: Partial<PackageUsage> = {},
): PackageUsage => ({
  purl: packageOf(name).purl,
  usage,
  chain: [],
  ...change,
})
const kept = [
  used('nginx', 'linked', {
    chain: [
      edge('entry', 'nginx -g', '/usr/sbin/nginx'),
      edge('needed', '/usr/sbin/nginx', '/usr/lib/libssl.so.3'),
    ],
  }),
  used('ran', 'executed', { chain: [edge('trace', 'strace', '/usr/bin/ran')] }),
  used('maybe', 'possible', { chain: [edge('path-string', '/usr/sbin/nginx', '/usr/bin/maybe')] }),
  used('own', 'possible', { chain: [edge('unowned', '/app', '/app')] }),
  used('zone', 'present', { keptBy: { reason: 'protected', detail: 'time zones' } }),
  used('iproute2', 'present', { keptBy: { reason: 'dependency', detail: 'nginx depends on it' } }),
  used('npm', 'present', { keptBy: { reason: 'not-removable', detail: 'other kind' } }),
]
const report: HardenReport = {
  mode: 'closed',
  removed: [{ ...packageOf('perl'), bytes: 100, files: 3 }],
  kept,
  removedPaths: [],
  invariants: [{ id: 'I1', holds: true, violations: [] }],
  rounds: 0,
}
const names = ['nginx', 'ran', 'maybe', 'own', 'zone', 'iproute2', 'npm']
const input = (change: Partial<DescribeHardeningInput> = {}): DescribeHardeningInput => ({
  report,
  before: {
    digest: before,
    findings: [
      ...names.map((name) => finding('CVE-1', name)),
      finding('CVE-2', 'perl'),
      finding('CVE-3', 'zlib', {}, '1'),
    ],
    packages: [...names, 'perl', 'zlib'].map((name) => packageOf(name)),
    bytes: 1000,
  },
  after: {
    digest: after,
    findings: names.map((name) => finding('CVE-1', name)),
    packages: [...names.map((name) => packageOf(name)), packageOf('zlib', '2')],
    bytes: 900,
  },
  ...change,
})

describe('describeHardening', () => {
  it('keeps removed, patched, and unused but kept apart', () => {
    const document = describeHardening(input({ control: input().before.findings }))
    expect(document.removed.map(({ name, bytes }) => [name, bytes])).toEqual([['perl', 100]])
    expect(document.patched).toEqual([{ name: 'zlib', from: '1', to: '2' }])
    expect(document.unusedButKept.map(({ because }) => because)).toEqual([
      'time zones',
      'nginx depends on it',
      'other kind',
    ])
    expect(document).toMatchObject({
      image: { before, after },
      packages: { before: 9, after: 8 },
      bytes: { removed: 100, before: 1000, after: 900 },
      findings: {
        before: 9,
        control: 9,
        after: 7,
        gone: { removed: 1, patched: 1, unexplained: 0 },
        added: 0,
      },
    })
  })

  it('counts what vanished while its package stayed as unexplained', () => {
    const change = { after: { ...input().after, findings: [] } }
    expect(describeHardening(input(change)).findings?.gone.unexplained).toBe(names.length)
  })

  it('is the same after it was stored', () => {
    const document = JSON.parse(JSON.stringify(describeHardening(input()))) as unknown
    expect(parseHardenDocument(JSON.stringify(document))).toEqual(document)
  })

  it.each([
    ['nginx', 'needed-linked'],
    ['ran', 'needed-executed'],
    ['maybe', 'needed-possible'],
    ['own', 'unowned-binary'],
    ['zone', 'needed-by-policy'],
    ['iproute2', 'needed-by-dependency'],
    ['npm', 'db-not-editable'],
  ])('says of %s that it is %s', (name, block) => {
    const found = describeHardening(input()).kept.find((one) => one.package === name)!
    expect(found).toMatchObject({ block, fix: 'no-fix-available' })
    expect(found.remedies.length).toBeGreaterThan(0)
  })

  it('says that nothing can go from an image that can not be edited', () => {
    const blocked = { ...report, kept: [used('nginx', 'possible')], unchangedBecause: 'PID 1 is systemd' }
    expect(describeHardening(input({ report: blocked })).kept[0]).toMatchObject({
      block: 'db-not-editable',
      detail: 'PID 1 is systemd',
    })
  })

  it('knows a patched package by its old version', () => {
    const findings = [finding('CVE-1', 'nginx', {}, '2')]
    expect(describeHardening(input({ after: { ...input().after, findings } })).kept[0]).toMatchObject({
      version: '2',
      block: 'needed-linked',
      chain: [expect.any(String), expect.any(String)],
    })
  })

  it('tells a fix, and one that was refused', () => {
    const findings = [finding('CVE-9', 'nginx', { fix: { state: 'fixed', versions: ['2'] } })]
    const change = { after: { ...input().after, findings } }
    expect(describeHardening(input(change)).kept[0]).toMatchObject({
      fix: 'patched-available',
      fixDetail: '2',
    })
    const refusals = [{ purl: packageOf('nginx').purl, reason: 'its postinst is another' }]
    expect(describeHardening(input({ ...change, refusals })).kept[0]).toMatchObject({
      fix: 'fix-refused',
      fixDetail: 'its postinst is another',
    })
  })
})

describe('explainFinding', () => {
  it('says in one paragraph why, by which chain, and what would let it go', () => {
    const [first] = describeHardening(input()).kept
    expect(explainFinding(first!)).toBe(
      'CVE-1 (high) stays because nginx 1 is needed for certain [linked]. It is reached so: ' +
        'nginx -g -entry-> /usr/sbin/nginx; /usr/sbin/nginx -needed-> /usr/lib/libssl.so.3. ' +
        'No fix is known. What would let it go: replace or rebuild the program that needs it.',
    )
  })
})

describe('renderMarkdown and renderTree', () => {
  it('give the three numbers apart', () => {
    const document = describeHardening(input())
    const markdown = renderMarkdown(document)
    for (const line of [
      'packages removed | 1 (100 bytes)',
      'packages patched | 1',
      'packages unused but kept | 3',
    ])
      expect(markdown).toContain(line)
    const tree = renderTree(document)
    expect(tree).toContain(
      'removed 1 packages, 100 bytes\npatched 1\nunused but kept 3\npackages 9 → 8, findings 9 → 7\n',
    )
    expect(tree).toContain('nginx 1 [linked] needed-linked\n')
  })

  it('let no name of the image become markup or steer a terminal', () => {
    const findings = [finding('<img src=x>\u001b[2J', 'nginx')]
    const document = describeHardening(input({ after: { ...input().after, findings } }))
    expect(renderMarkdown(document)).not.toMatch(/[^\\]</)
    expect(renderTree(document)).not.toContain('\u001b')
    expect(renderTree(document, { color: true })).toContain('\u001b[32mremoved')
  })
})

describe('vexOfHardening', () => {
  const statements = (coverage: 'none' | 'partial' | 'complete') =>
    vexOfHardening({
      before: input().before.findings,
      after: input().after.findings,
      packages: input().after.packages,
      kept,
      coverage,
    }).map(({ vulnerability, packages, status, justification }) => [
      vulnerability,
      packages![0],
      status,
      justification,
    ])
  const removed = [
    ['CVE-2', packageOf('perl').purl, 'not_affected', 'component_not_present'],
    ['CVE-3', packageOf('zlib').purl, 'fixed', undefined],
  ]
  const unreached = ['zone', 'iproute2', 'npm'].map((name) => packageOf(name).purl)

  it('says of what is unreached that it is not executed, with a complete recording', () => {
    expect(statements('complete')).toEqual([
      ...removed,
      ...unreached.map((purl) => ['CVE-1', purl, 'not_affected', 'vulnerable_code_not_in_execute_path']),
    ])
  })

  it.each(['none', 'partial'] as const)('leaves it open with coverage %s', (coverage) => {
    expect(statements(coverage)).toEqual([
      ...removed,
      ...unreached.map((purl) => ['CVE-1', purl, 'under_investigation', undefined]),
    ])
  })
})

describe('provenanceOfHardening', () => {
  it('names the image before as what it was made from', () => {
    const predicate = provenanceOfHardening(describeHardening(input()), {
      source: 'registry.example/app:1',
      platform: 'linux/amd64',
      builder: { id: 'https://example.org/gate' },
      finishedOn: new Date(0),
    })
    expect(predicate).toMatchObject({
      buildDefinition: { resolvedDependencies: [{ digest: { sha256: 'a'.repeat(64) } }] },
      runDetails: {
        metadata: { finishedOn: '1970-01-01T00:00:00.000Z' },
        byproducts: [{ name: 'hardening-report' }],
      },
    })
  })
})

describe('toPlanDocument and parsePlanDocument', () => {
  const entry = (name: string) => ({
    ...packageOf(name),
    evidence: { path: '/var/lib/dpkg/status' },
    files: ['/a', '/b'],
  })
  const plan = {
    mode: 'relaxed',
    removed: [entry('b'), entry('a')],
    kept: [{ package: entry('nginx'), usage: kept[0] }],
    openDependencies: [],
  } as unknown as HardenPlan
  const document = toPlanDocument(plan, before, { keep: ['curl'], sizeOf: () => 5 })

  it('give the same plan back, sorted', () => {
    const text = JSON.stringify(document)
    expect(parsePlanDocument(text)).toEqual(document)
    expect(document.remove.map(({ purl, bytes }) => [purl, bytes])).toEqual([
      [packageOf('a').purl, 10],
      [packageOf('b').purl, 10],
    ])
    expect(document.kept[0]).toMatchObject({
      usage: 'linked',
      because: 'nginx -g -entry-> /usr/lib/libssl.so.3',
    })
  })

  it.each([
    ['no JSON', '{'],
    ['nested too deeply', '['.repeat(100)],
    ['another schema', JSON.stringify({ ...document, schema: 'x' })],
    ['an image without a digest', JSON.stringify({ ...document, image: 'latest' })],
    ['a misspelt field', JSON.stringify({ ...document, keeps: ['x'] })],
    ['a package without evidence', JSON.stringify({ ...document, remove: [{ purl: 'pkg:deb/a' }] })],
  ])('refuse %s', (_, text) => {
    expect(() => parsePlanDocument(text)).toThrow(expect.objectContaining({ code: 'PLAN_INVALID' }))
  })
})
