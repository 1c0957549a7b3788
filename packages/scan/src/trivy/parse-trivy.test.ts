import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Digest, digestOf } from '@sallyport/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inventoryOf, packageOf, packagesOfStatus } from '../internal/inventory.fixture.ts'
import { debianFiles, emptyFiles, oldFiles, unknownFiles } from './images.fixture.ts'
import { writeLayout } from '../engine/write-layout.ts'
import { parseTrivyReport } from './parse-trivy.ts'

const read = (name: string) => readFileSync(new URL(`__fixtures__/${name}`, import.meta.url), 'utf8')
const debian = inventoryOf(packagesOfStatus(debianFiles['var/lib/dpkg/status'] ?? ''))

let directory = ''
const configs = new Map<string, Digest>()

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-test-'))
  const images = { debian: debianFiles, empty: emptyFiles, unknown: unknownFiles, old: oldFiles }
  for (const [name, files] of Object.entries(images)) {
    configs.set(name, (await writeLayout(join(directory, name), [files])).config)
  }
})

afterAll(() => rm(directory, { recursive: true, force: true }))

function parse(text: string, image: string, inventory = debian) {
  return parseTrivyReport(text, {
    subject: inventory.subject,
    config: configs.get(image) ?? digestOf('missing'),
    inventory,
    data: [],
    startedAt: '2026-11-25T00:00:00.000Z',
    finishedAt: '2026-11-25T00:00:01.000Z',
  })
}

describe('parseTrivyReport', () => {
  it.each([
    ['trivy-0.74.0-debian.json', '0.74.0'],
    ['trivy-dev-debian.json', 'unknown'],
  ])('%s: findings are about packages of the inventory', (file, version) => {
    const report = parse(read(file), 'debian')
    expect(report).toMatchObject({ scanner: { name: 'trivy', version }, status: 'complete', gaps: [] })
    expect(report.findings).toHaveLength(28)
    const purls = new Set(debian.packages.map(({ purl }) => purl))
    expect(report.findings.filter(({ package: { purl } }) => !purls.has(purl))).toEqual([])
    expect(report.findings.find(({ id }) => id === 'CVE-2024-28757')).toMatchObject({
      package: { name: 'libexpat1', version: '2.5.0-1+deb12u2', sourceName: 'expat' },
      fix: { state: 'fixed', versions: ['2.5.0-1+deb12u4'] },
      severity: 'medium',
      ratings: [{ source: 'nvd', level: 'medium' }],
      scanners: ['trivy'],
    })
  })

  it('refuses a report about another image', () => {
    expect(() => parse(read('trivy-0.74.0-debian.json'), 'old')).toThrow(
      expect.objectContaining({ code: 'SUBJECT_MISMATCH' }),
    )
  })

  it.each([
    ['no image id', (report: Report) => ({ ...report, Metadata: {} })],
    ['another kind of artifact', (report: Report) => ({ ...report, ArtifactType: 'filesystem' })],
  ])('refuses a report with %s', (_, change) => {
    const text = JSON.stringify(change(JSON.parse(read('trivy-0.74.0-debian.json')) as Report))
    expect(() => parse(text, 'debian')).toThrow(expect.objectContaining({ code: 'SUBJECT_MISMATCH' }))
  })

  it.each([
    ['nothing', ''],
    ['a cut report', read('trivy-0.74.0-debian.json').slice(0, 5000)],
    ['another schema version', '{"SchemaVersion":1,"Results":[]}'],
    ['a list', '[]'],
    ['a finding without a package', '{"SchemaVersion":2,"Results":[{"Target":"x","Vulnerabilities":[{}]}]}'],
  ])('refuses %s', (_, text) => {
    expect(() => parse(text, 'debian')).toThrow(expect.objectContaining({ code: 'REPORT_INVALID' }))
  })

  it('keeps what Trivy set aside, for its own reason only, and counts what it reports as well', () => {
    const report = JSON.parse(read('trivy-0.74.0-debian.json')) as Report
    const [first, second, ...others] = report.Results.flatMap(({ Vulnerabilities = [] }) => Vulnerabilities)
    const aside = (Finding: unknown) => ({ Type: 'vulnerability', Status: 'not_affected', Finding })
    const Results = report.Results.map((result) => ({
      ...result,
      ...(result.Vulnerabilities && {
        Vulnerabilities: [second, ...others],
        ExperimentalModifiedFindings: [aside(first), aside(second)],
      }),
    }))
    const { findings } = parse(JSON.stringify({ ...report, Results }), 'debian')
    expect(findings).toHaveLength(28)
    expect(findings.flatMap(({ id, suppressed }) => (suppressed ? [[id, suppressed]] : []))).toEqual([
      [first!.VulnerabilityID, expect.objectContaining({ kind: 'scanner', status: 'not_affected' })],
    ])
  })

  it('refuses a report with a suppressed finding that is none', () => {
    const report = JSON.parse(read('trivy-0.74.0-debian.json')) as Report
    const Results = report.Results.map((result) => ({ ...result, ExperimentalModifiedFindings: [{}] }))
    expect(() => parse(JSON.stringify({ ...report, Results }), 'debian')).toThrow(
      expect.objectContaining({ code: 'REPORT_INVALID' }),
    )
  })

  it('takes “no package of the distribution” for a failure, not for a clean image', () => {
    expect(() => parse(read('trivy-0.74.0-unknown-distro.json'), 'unknown')).toThrow(
      expect.objectContaining({ code: 'REPORT_INVALID' }),
    )
  })

  it('judges nothing of an image in which Trivy found nothing to judge', () => {
    const report = parse(read('trivy-0.74.0-empty.json'), 'empty', inventoryOf([], { distro: undefined }))
    expect(report).toMatchObject({ status: 'unsupported', findings: [], gaps: [{ code: 'NO_PACKAGES' }] })
  })

  it('records the end of support of a distribution as a gap', () => {
    const musl = packageOf('apk', 'musl', '1.1.22-r3', { purl: 'pkg:apk/alpine/musl@1.1.22-r3?arch=x86_64' })
    const distro = { id: 'alpine', versionId: '3.10.2', idLike: [] }
    const report = parse(read('trivy-0.74.0-end-of-life.json'), 'old', inventoryOf([musl], { distro }))
    expect(report).toMatchObject({ status: 'partial', gaps: [{ code: 'DISTRO_END_OF_LIFE' }] })
  })

  it('records packages that Trivy does not list', () => {
    const inventory = inventoryOf([
      ...debian.packages,
      packageOf('deb', 'nginx', '1.22.1-9'),
      packageOf('npm', 'a', '1.0.0'),
    ])
    const { status, gaps } = parse(read('trivy-0.74.0-debian.json'), 'debian', inventory)
    expect(status).toBe('partial')
    expect(gaps.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'NO_PACKAGES Trivy does not list 1 of 4 packages: nginx 1.22.1-9',
      'NO_PACKAGES Trivy lists no npm package, the inventory lists 1',
    ])
  })

  it('records that Trivy took the image for another distribution', () => {
    const distro = { id: 'ubuntu', versionId: '24.04', idLike: ['debian'] }
    const { status, gaps } = parse(read('trivy-0.74.0-debian.json'), 'debian', { ...debian, distro })
    expect(status).toBe('unsupported')
    expect(gaps).toMatchObject([{ code: 'DISTRO_UNKNOWN' }])
  })

  it('keeps the word of the distribution for this package before its word for all packages', () => {
    const report = JSON.parse(read('trivy-0.74.0-debian.json')) as Report
    const vulnerability = {
      ...report.Results[0]?.Vulnerabilities[0],
      Status: 'will_not_fix',
      FixedVersion: '',
      Severity: 'LOW',
      SeveritySource: 'debian',
      VendorSeverity: { debian: 3, nvd: 4 },
      CVSS: { nvd: { V3Vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', V3Score: 9.8 } },
    }
    const Results = [{ ...report.Results[0], Vulnerabilities: [vulnerability] }]
    const { findings } = parse(JSON.stringify({ ...report, Results }), 'debian')
    expect(findings).toMatchObject([{ severity: 'low', fix: { state: 'wont-fix', versions: [] } }])
    expect(findings[0]?.ratings.map(({ source, level, score }) => [source, level, score])).toEqual([
      ['debian', 'low', undefined],
      ['nvd', 'critical', undefined],
      ['nvd', 'critical', 9.8],
    ])
  })
})

interface Report {
  readonly Results: readonly {
    readonly Vulnerabilities: readonly { readonly VulnerabilityID: string }[]
  }[]
}

const goldens = new URL('../../../../../shared/data/scan/reports/trivy/', import.meta.url)

describe.skipIf(!existsSync(goldens))(
  'reports of other people’s images (skipped where the data folder is absent)',
  () => {
    interface Golden {
      readonly ArtifactType?: string
      readonly Metadata?: { readonly ImageID?: Digest }
      readonly Results?: readonly {
        readonly Type?: string
        readonly Vulnerabilities?: readonly {
          readonly VulnerabilityID: string
          readonly PkgName: string
          readonly InstalledVersion: string
          readonly Severity: string
        }[]
      }[]
    }
    const files = existsSync(goldens)
      ? readdirSync(goldens).filter((name) => name.endsWith('.json.golden'))
      : []
    const load = (name: string) => readFileSync(new URL(name, goldens), 'utf8')
    const isImage = (name: string) => (JSON.parse(load(name)) as Golden).ArtifactType === 'container_image'
    const inventory = inventoryOf([], { distro: undefined })
    const options = { subject: inventory.subject, inventory, data: [], startedAt: '', finishedAt: '' }

    it('are many', () => {
      expect(files.filter(isImage).length).toBeGreaterThan(25)
      expect(files.filter((name) => !isImage(name)).length).toBeGreaterThan(30)
    })

    it.each(files.filter(isImage))(
      '%s: every finding is kept, with a purl type, an id and a level',
      (name) => {
        const golden = JSON.parse(load(name)) as Golden
        const report = parseTrivyReport(load(name), {
          ...options,
          config: golden.Metadata?.ImageID as Digest,
        })
        const theirs = (golden.Results ?? []).flatMap(({ Vulnerabilities = [] }) =>
          Vulnerabilities.map((each) => `${each.VulnerabilityID} ${each.PkgName} ${each.InstalledVersion}`),
        )
        const ours = report.findings.map(({ id, package: pkg }) => `${id} ${pkg.name} ${pkg.version}`)
        expect(new Set(ours)).toEqual(new Set(theirs))
        expect(report.findings.filter(({ package: { type } }) => type === 'generic')).toEqual([])
        expect(
          report.findings.filter(({ fix }) => fix.state === 'fixed' && fix.versions.length === 0),
        ).toEqual([])
        const unrated = (golden.Results ?? []).flatMap(({ Vulnerabilities = [] }) =>
          Vulnerabilities.flatMap((each) => (each.Severity === 'UNKNOWN' ? each.VulnerabilityID : [])),
        )
        expect(
          report.findings.filter(({ id, severity }) => severity === 'unknown' && !unrated.includes(id)),
        ).toEqual([])
        expect(report.status).toBe('unsupported')
      },
    )

    it.each(files.filter((name) => !isImage(name)))('%s is refused, since it is about no image', (name) => {
      expect(() => parseTrivyReport(load(name), { ...options, config: digestOf('any') })).toThrow(
        expect.objectContaining({ name: 'ScanError' }),
      )
    })
  },
)
