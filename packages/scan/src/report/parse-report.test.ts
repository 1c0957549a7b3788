import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { inventoryOf, packageOf, packagesOfStatus, subject } from '../internal/inventory.fixture.ts'
import { debianFiles } from '../trivy/images.fixture.ts'
import { parseReport } from './parse-report.ts'
import { parseVulnPredicate } from './parse-vuln-predicate.ts'
import { recogniseReport } from './recognise-report.ts'

const recorded = readFileSync(new URL('../trivy/__fixtures__/trivy-0.74.0-debian.json', import.meta.url))
const trivy = JSON.parse(recorded.toString('utf8')) as {
  readonly CreatedAt: string
  readonly Metadata: { readonly ImageID: `sha256:${string}` }
}
const inventory = inventoryOf(packagesOfStatus(debianFiles['var/lib/dpkg/status'] ?? ''))
const options = { subject, inventory }
const vouched = { ...options, vouchedBy: 'the scan step' }
const other = `sha256:${'0'.repeat(64)}` as const

const sarif = {
  version: '2.1.0',
  runs: [{ tool: { driver: { name: 'Scanner', version: '1', rules: [] } }, results: [] }],
}
const harbor = {
  generated_at: '2026-11-25T00:00:00Z',
  artifact: { digest: subject },
  scanner: { name: 'Scanner', version: '1' },
  vulnerabilities: null,
}
const cyclonedx = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  metadata: {
    timestamp: '2026-11-25T00:00:00Z',
    component: { type: 'container', name: 'a', version: subject },
  },
  components: [],
  vulnerabilities: [],
}
const grype = {
  matches: [],
  source: { type: 'image', target: { manifestDigest: subject, architecture: 'amd64', os: 'linux' } },
  distro: { name: 'debian', version: '12' },
  descriptor: {
    name: 'grype',
    version: '0.121.2',
    timestamp: '2026-11-25T00:00:00Z',
    db: { status: { schemaVersion: 'v6.1.10', built: '2026-11-25T00:00:00Z', valid: true } },
  },
}

describe('recogniseReport', () => {
  it.each([
    ['trivy', trivy],
    ['grype', grype],
    ['cyclonedx', cyclonedx],
    ['sarif', sarif],
    ['harbor', harbor],
    ['osv-scanner', { results: [], image_metadata: { layer_metadata: [] } }],
    ['clair', { manifest_hash: subject, packages: {} }],
    ['ecr', { imageScanStatus: { status: 'COMPLETE' } }],
    ['ecr', [{ imageScanStatus: { status: 'COMPLETE' } }, {}]],
    ['artifact-analysis', { occurrences: [] }],
    ['snyk', { ok: true, packageManager: 'deb' }],
    ['snyk', [{ ok: true, packageManager: 'deb' }]],
  ])('knows a report of %s', (form, report) => {
    expect(recogniseReport(report)).toBe(form)
  })

  it.each([
    ['nothing', null],
    ['a number', 1],
    ['an empty list', []],
    ['an object of anything', { hello: 1 }],
    ['an SPDX document', { spdxVersion: 'SPDX-2.3', packages: [] }],
    ['a list of reports of one image each', [trivy]],
    ['one that fits two forms', { ...cyclonedx, ...sarif }],
  ])('does not know %s', (_, report) => {
    expect(recogniseReport(report)).toBeUndefined()
  })
})

describe('parseReport', () => {
  it('reads a report of Trivy, bound to the image by its config', () => {
    const report = parseReport(recorded, { ...options, config: trivy.Metadata.ImageID })
    expect(report).toMatchObject({
      scanner: { name: 'trivy' },
      status: 'complete',
      finishedAt: trivy.CreatedAt,
    })
    expect(report.findings).toHaveLength(28)
    expect(parseReport(trivy, vouched).findings).toHaveLength(28)
  })

  it.each([
    ['neither the config is known nor anybody vouches', {}],
    ['the config is another', { config: other }],
    ['the config is another, whoever vouches', { config: other, vouchedBy: 'the scan step' }],
  ])('refuses a report of Trivy where %s', (_, more) => {
    const read = () => parseReport(trivy, { ...options, ...more })
    expect(read).toThrow(expect.objectContaining({ code: 'SUBJECT_MISMATCH' }))
  })

  it.each([
    ['sarif', sarif, { ...vouched, finishedAt: '2026-11-25T00:00:00Z' }],
    ['harbor', harbor, options],
    ['grype', grype, options],
    ['cyclonedx', cyclonedx, options],
  ])('holds a report of %s that saw nothing to the laws of its form', (_, report, given) => {
    const { subject: about, status } = parseReport(JSON.stringify(report), given)
    expect(about).toBe(subject)
    expect(status).not.toBe('complete')
  })

  it.each([
    ['one of no known form', { hello: 1 }, 'REPORT_INVALID'],
    ['one that is no JSON', '{"SchemaVersion"', 'REPORT_INVALID'],
    ['one of Trivy of an unknown version', { ...trivy, SchemaVersion: 3 }, 'REPORT_INVALID'],
    ['one without a time', { ok: true, packageManager: 'deb', vulnerabilities: [] }, 'REPORT_INVALID'],
    [
      'one of Grype on another image',
      { ...grype, source: { type: 'image', target: {} } },
      'SUBJECT_MISMATCH',
    ],
    [
      'one of OSV-Scanner without diff ids',
      { results: [], image_metadata: { layer_metadata: [] } },
      'SUBJECT_MISMATCH',
    ],
    ['one of ECR that is not done', { imageScanStatus: { status: 'IN_PROGRESS' } }, 'SCANNER_FAILED'],
    ['a large one', ' '.repeat(2000), 'LIMIT_EXCEEDED'],
  ])('refuses %s', (_, report, code) => {
    const read = () =>
      parseReport(report, { ...vouched, maxBytes: code === 'LIMIT_EXCEEDED' ? 1000 : undefined })
    expect(read).toThrow(expect.objectContaining({ code }))
  })

  it('gives a report of Trivy on an SBOM the gaps of the inventory', () => {
    const gap = { code: 'UNREADABLE' as const, message: 'broken', path: '/app.jar' }
    const partial = inventoryOf(inventory.packages, { gaps: [gap] })
    const ofSbom = { ...trivy, ArtifactType: 'cyclonedx', Metadata: { OS: { Family: 'debian', Name: '12' } } }
    const read = parseReport(ofSbom, { ...vouched, inventory: partial })
    expect(read).toMatchObject({ status: 'partial', gaps: [{ code: 'INVENTORY_GAP' }] })
    expect(() => parseReport(ofSbom, options)).toThrow(expect.objectContaining({ code: 'SUBJECT_MISMATCH' }))
  })
})

describe('parseVulnPredicate', () => {
  const predicate = (result: unknown) => ({
    invocation: { parameters: [], uri: '', event_id: '', 'builder.id': '' },
    scanner: { uri: 'pkg:github/aquasecurity/trivy@0.74.0', version: '0.74.0', db: {}, result },
    metadata: { scanStartedOn: '2026-11-25T00:00:00Z', scanFinishedOn: '2026-11-25T00:01:00Z' },
  })
  const signed = { ...options, vouchedBy: 'scan@example.com' }

  it('reads the report that it carries, at the time that it says', () => {
    const read = parseVulnPredicate(JSON.stringify(predicate(trivy)), signed)
    expect(read.findings).toHaveLength(28)
    expect(read).toMatchObject({
      subject,
      startedAt: '2026-11-25T00:00:00Z',
      finishedAt: '2026-11-25T00:01:00Z',
    })
  })

  it.each([
    ['no report', predicate(undefined), 'REPORT_INVALID'],
    ['a report of no known form', predicate({ runs: 1 }), 'REPORT_INVALID'],
    ['no time', { ...predicate(trivy), metadata: {} }, 'REPORT_INVALID'],
    ['a predicate of another kind', { builder: {} }, 'REPORT_INVALID'],
    ['a report on another image', predicate({ ...harbor, artifact: { digest: other } }), 'SUBJECT_MISMATCH'],
  ])('refuses %s', (_, value, code) => {
    expect(() => parseVulnPredicate(value, signed)).toThrow(expect.objectContaining({ code }))
  })

  it('never takes a report that saw no package for a clean one', () => {
    const more = inventoryOf([...inventory.packages, packageOf('npm', 'lodash', '4.17.4')])
    const read = parseVulnPredicate(predicate(trivy), { ...signed, inventory: more })
    expect(read).toMatchObject({ status: 'partial', gaps: [{ code: 'NO_PACKAGES' }] })
  })
})
