import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ScanError } from '../errors.ts'
import { inventoryOf, packageOf, subject } from '../internal/inventory.fixture.ts'
import type { ScanReport } from '../scan-report.ts'
import { parseArtifactAnalysis } from './parse-artifact-analysis.ts'
import { parseClairReport } from './parse-clair.ts'
import { parseCycloneDxReport } from './parse-cyclonedx-report.ts'
import { parseEcrFindings } from './parse-ecr.ts'
import { parseHarborReport } from './parse-harbor-report.ts'
import { parseSarif } from './parse-sarif.ts'
import { parseSnykReport } from './parse-snyk.ts'
import { reportScanner } from './report-scanner.ts'

const ssl = packageOf('deb', 'libssl3', '3.0.1-1', {
  arch: 'amd64',
  purl: 'pkg:deb/debian/libssl3@3.0.1-1?arch=amd64&distro=debian-12&upstream=openssl',
  source: { name: 'openssl', version: '3.0.1-1' },
})
const openssl = packageOf('deb', 'openssl', '3.0.1-1', {
  arch: 'amd64',
  purl: 'pkg:deb/debian/openssl@3.0.1-1?arch=amd64&distro=debian-12',
  source: { name: 'openssl', version: '3.0.1-1' },
})
const zlib = packageOf('deb', 'zlib1g', '1:1.2.13-1', {
  arch: 'amd64',
  purl: 'pkg:deb/debian/zlib1g@1%3A1.2.13-1?arch=amd64&distro=debian-12',
  source: { name: 'zlib', version: '1:1.2.13-1' },
})
const lodash = packageOf('npm', 'lodash', '4.17.4')
const inventory = inventoryOf([ssl, openssl, zlib, lodash])
const finishedAt = '2026-06-01T00:00:00.000Z'
const options = { subject, inventory, finishedAt }
const vouched = { ...options, vouchedBy: 'the scan step' }
const another = subject.replace(/.$/, (last) => (last === '0' ? '1' : '0'))

const summary = ({ status, gaps, findings }: ScanReport) => ({
  status,
  gaps: gaps.map(({ code }) => code),
  findings: findings.map(({ id, aliases, package: { name, version }, severity, fix, suppressed }) =>
    [
      [id, ...aliases].join('='),
      `${name} ${version}`,
      severity,
      fix.state,
      ...fix.versions,
      ...(suppressed ? ['set aside'] : []),
    ].join(', '),
  ),
})

describe('parseClairReport', () => {
  const report = (more: object = {}) => ({
    manifest_hash: subject,
    packages: Object.fromEntries(
      [ssl, openssl, zlib].map(({ name, version, source }, index) => [
        String(index),
        { name, version, kind: 'binary', arch: 'amd64', source: { kind: 'source', ...source } },
      ]),
    ),
    environments: Object.fromEntries(
      [0, 1, 2].map((id) => [id, [{ package_db: 'var/lib/dpkg/status', distribution_id: '1' }]]),
    ),
    distributions: { 1: { did: 'debian', version_id: '12' } },
    vulnerabilities: {
      7: {
        name: 'CVE-2024-1000',
        updater: 'debian/updater',
        normalized_severity: 'High',
        fixed_in_version: '3.0.2-1',
        links: 'https://a.example https://b.example',
      },
      8: {
        name: 'DSA-1 openssl: CVE-2024-2000 and CVE-2024-3000',
        updater: 'debian/updater',
        severity: 'low',
        normalized_severity: 'Unknown',
      },
    },
    package_vulnerabilities: { 0: ['7', '8'] },
    ...more,
  })

  it('reads packages, findings and the distribution', () => {
    const withoutNpm = { ...options, inventory: inventoryOf([ssl, openssl, zlib]) }
    expect(summary(parseClairReport(report(), withoutNpm))).toEqual({
      status: 'complete',
      gaps: [],
      findings: [
        'CVE-2024-1000, libssl3 3.0.1-1, high, fixed, 3.0.2-1',
        'CVE-2024-2000, libssl3 3.0.1-1, low, not-fixed',
        'CVE-2024-3000, libssl3 3.0.1-1, low, not-fixed',
      ],
    })
  })

  it.each([
    ['packages of a language', {}, ['NO_PACKAGES'], 'partial'],
    ['the distribution', { distributions: {} }, ['DISTRO_UNKNOWN', 'NO_PACKAGES'], 'partial'],
    [
      'the right release',
      { distributions: { 1: { did: 'debian', version_id: '11' } } },
      ['DISTRO_UNKNOWN', 'NO_PACKAGES'],
      'partial',
    ],
    ['any package', { packages: {}, package_vulnerabilities: {} }, ['NO_PACKAGES'], 'unsupported'],
  ])('says that it did not see %s', (_, more, gaps, status) => {
    expect(summary(parseClairReport(report(more), options))).toMatchObject({ gaps, status })
  })

  it.each([
    ['a vulnerability', { 0: ['7', 'gone'] }],
    ['a package', { gone: ['7'] }],
  ])('refuses a report that names %s and does not describe it', (_, names) => {
    expect(() => parseClairReport(report({ package_vulnerabilities: names }), options)).toThrow(
      expect.objectContaining({ code: 'REPORT_INVALID' }),
    )
  })

  it('takes scores of its enrichments', () => {
    const enrichments = {
      'message/vnd.clair.map.vulnerability; enricher=clair.cvss schema=x': [
        { 7: [{ baseScore: 9.8, vectorString: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }] },
      ],
    }
    const [found] = parseClairReport(report({ enrichments }), options).findings
    expect(found?.ratings).toContainEqual(expect.objectContaining({ source: 'nvd', score: 9.8 }))
  })
})

describe('parseSnykReport', () => {
  const found = {
    id: 'SNYK-DEBIAN12-OPENSSL-1',
    title: 'overflow',
    packageName: 'openssl/libssl3',
    version: '3.0.1-1',
    severity: 'high',
    severityWithCritical: 'critical',
    identifiers: { CVE: ['CVE-2024-1000'] },
    nearestFixedInVersion: '3.0.2-1',
  }
  const ignored = {
    ...found,
    id: 'SNYK-2',
    identifiers: { CVE: ['CVE-2024-2000'] },
    nearestFixedInVersion: undefined,
  }
  const js = {
    id: 'SNYK-JS-1',
    packageName: 'lodash',
    version: '4.17.4',
    severity: 'low',
    identifiers: { CVE: [] },
  }
  const result = {
    ok: false,
    packageManager: 'deb',
    dependencyCount: 100,
    vulnerabilities: [found, found],
    filtered: { ignore: [ignored] },
    applications: [{ ok: false, packageManager: 'npm', vulnerabilities: [js] }],
  }

  it('reads the image and its applications; never as all there is', () => {
    expect(summary(parseSnykReport(result, vouched))).toEqual({
      status: 'partial',
      gaps: ['PACKAGES_NOT_LISTED'],
      findings: [
        'CVE-2024-1000=SNYK-DEBIAN12-OPENSSL-1, libssl3 3.0.1-1, critical, fixed, 3.0.2-1',
        'CVE-2024-2000=SNYK-2, libssl3 3.0.1-1, critical, not-fixed, set aside',
        'SNYK-JS-1, lodash 4.17.4, low, not-fixed',
      ],
    })
  })

  it('reads the applications of each image of a list', () => {
    expect(parseSnykReport([result], vouched).findings).toHaveLength(3)
    expect(() => parseSnykReport([{ ...result, applications: [{ error: 'no' }] }], vouched)).toThrow(
      expect.objectContaining({ code: 'REPORT_INVALID' }),
    )
  })

  it('tells an image of which it saw nothing from a clean one', () => {
    const empty = { ok: true, packageManager: 'linux', dependencyCount: 0, vulnerabilities: [] }
    expect(parseSnykReport(empty, vouched).status).toBe('unsupported')
  })

  it.each([
    ['an error', { ok: false, error: 'Authentication failed' }],
    ['an application that is an error', { ...result, applications: [{ error: 'no' }] }],
    ['no list', { ok: true }],
  ])('refuses %s', (_, value) => {
    expect(() => parseSnykReport(value, vouched)).toThrow(expect.objectContaining({ code: 'REPORT_INVALID' }))
  })
})

describe('parseEcrFindings', () => {
  const page = (more: object = {}, status = 'COMPLETE') => ({
    imageId: { imageDigest: subject },
    imageScanStatus: { status, description: 'words' },
    imageScanFindings: {
      imageScanCompletedAt: 1_780_272_000,
      vulnerabilitySourceUpdatedAt: finishedAt,
      ...more,
    },
  })
  const basic = {
    findings: [
      {
        name: 'CVE-2024-1000',
        severity: 'HIGH',
        attributes: [
          { key: 'package_name', value: 'openssl' },
          { key: 'package_version', value: '3.0.1-1' },
          { key: 'CVSS2_VECTOR', value: 'AV:N/AC:L/Au:N/C:P/I:P/A:P' },
        ],
      },
    ],
  }
  const enhanced = (status: string, related: readonly string[] = []) => ({
    enhancedFindings: [
      {
        status,
        severity: 'MEDIUM',
        packageVulnerabilityDetails: {
          vulnerabilityId: 'CVE-2024-1000',
          relatedVulnerabilities: related,
          source: 'NVD',
          vulnerablePackages: [
            {
              name: 'zlib1g',
              version: '1.2.13',
              epoch: 1,
              release: '1',
              packageManager: 'OS',
              fixedInVersion: '1:1.2.13-2',
            },
            {
              name: 'lodash',
              version: '4.17.4',
              packageManager: 'NODEPKG',
              filePath: 'app/package.json',
              fixedInVersion: 'NotAvailable',
            },
          ],
        },
      },
    ],
  })

  it('reads basic findings, which are of the distribution only', () => {
    const report = parseEcrFindings([page(basic)], options)
    expect(summary(report)).toEqual({
      status: 'partial',
      gaps: ['NO_ADVISORIES', 'PACKAGES_NOT_LISTED'],
      findings: ['CVE-2024-1000, openssl 3.0.1-1, high, unknown'],
    })
    expect(report).toMatchObject({
      finishedAt: '2026-06-01T00:00:00.000Z',
      data: [{ updatedAt: finishedAt }],
    })
  })

  it('reads findings of Inspector, over several pages', () => {
    const pages = [
      { ...page(enhanced('ACTIVE')), nextToken: 'more' },
      page({ enhancedFindings: [] }, 'ACTIVE'),
    ]
    expect(summary(parseEcrFindings(pages, options)).findings).toEqual([
      'CVE-2024-1000, zlib1g 1:1.2.13-1, medium, fixed, 1:1.2.13-2',
      'CVE-2024-1000, lodash 4.17.4, medium, not-fixed',
    ])
  })

  it.each([
    ['SUPPRESSED', [true, true]],
    ['CLOSED', []],
  ])('takes a finding that is %s as that', (status, expected) => {
    const { findings } = parseEcrFindings([page(enhanced(status))], options)
    expect(findings.map(({ suppressed }) => suppressed !== undefined)).toEqual(expected)
  })

  it('keeps a finding that names no package', () => {
    const details = { vulnerabilityId: 'CVE-2024-1000', vulnerablePackages: [] }
    const { findings } = parseEcrFindings(
      [page({ enhancedFindings: [{ status: 'ACTIVE', packageVulnerabilityDetails: details }] })],
      options,
    )
    expect(findings).toMatchObject([{ id: 'CVE-2024-1000', package: { name: 'unknown' } }])
  })

  it.each<[string[], string[]]>([
    [['GHSA-aaaa-bbbb-cccc'], ['GHSA-aaaa-bbbb-cccc']],
    [['CVE-2024-2000'], []],
    [['GHSA-aaaa-bbbb-cccc', 'GHSA-dddd-bbbb-cccc'], []],
  ])('takes %j for aliases %j', (related, aliases) => {
    expect(parseEcrFindings([page(enhanced('ACTIVE', related))], options).findings[0]?.aliases).toEqual(
      aliases,
    )
  })

  it.each([
    'IN_PROGRESS',
    'PENDING',
    'FAILED',
    'UNSUPPORTED_IMAGE',
    'SCAN_ELIGIBILITY_EXPIRED',
    'FINDINGS_UNAVAILABLE',
    'LIMIT_EXCEEDED',
  ])('gives no verdict while the scan is %s', (status) => {
    expect(() => parseEcrFindings([page({ findings: [] }, status)], options)).toThrow(
      expect.objectContaining({
        code: 'SCANNER_FAILED',
        retryable: ['IN_PROGRESS', 'PENDING'].includes(status),
      }),
    )
  })

  it.each([
    ['without a page', []],
    ['that ends before its last page', [{ ...page(basic), nextToken: 'more' }]],
    [
      'of which a page is about another image',
      [page(basic), { ...page(), imageId: { imageDigest: another } }],
    ],
    ['with a finding that says nothing', [page({ enhancedFindings: [{ type: 'PACKAGE_VULNERABILITY' }] })]],
    ['without a time', [{ ...page(), imageScanFindings: { findings: [] } }]],
  ])('refuses an answer %s', (_, pages) => {
    expect(() => parseEcrFindings(pages, options)).toThrow(
      expect.objectContaining({ code: 'REPORT_INVALID' }),
    )
  })
})

describe('parseArtifactAnalysis', () => {
  const resourceUri = `https://europe-docker.pkg.dev/p/r/app@${subject}`
  const discovery = (analysisStatus: string) => ({
    resourceUri,
    kind: 'DISCOVERY',
    discovery: { analysisStatus, lastScanTime: finishedAt },
  })
  const vulnerability = (more: object = {}, uri = resourceUri) => ({
    resourceUri: uri,
    kind: 'VULNERABILITY',
    noteName: 'projects/goog-vulnz/notes/CVE-2024-1000',
    vulnerability: {
      severity: 'CRITICAL',
      effectiveSeverity: 'LOW',
      packageIssue: [
        {
          affectedPackage: 'zlib1g',
          affectedVersion: { epoch: 1, name: '1.2.13', revision: '1' },
          fixedVersion: { kind: 'NORMAL', fullName: '1:1.2.13-2' },
          packageType: 'OS',
        },
        {
          affectedPackage: 'lodash',
          affectedVersion: { fullName: '4.17.4' },
          fixedVersion: { kind: 'MAXIMUM' },
          packageType: 'NPM',
        },
      ],
      ...more,
    },
  })

  it('reads occurrences of a finished analysis', () => {
    const pages = [
      { occurrences: [discovery('FINISHED_SUCCESS')], nextPageToken: 'x' },
      { occurrences: [vulnerability()] },
    ]
    expect(summary(parseArtifactAnalysis(pages, options))).toEqual({
      status: 'partial',
      gaps: ['PACKAGES_NOT_LISTED'],
      findings: [
        'CVE-2024-1000, zlib1g 1:1.2.13-1, critical, fixed, 1:1.2.13-2',
        'CVE-2024-1000, lodash 4.17.4, critical, not-fixed',
      ],
    })
  })

  it('keeps a finding that names no package', () => {
    const occurrences = [discovery('FINISHED_SUCCESS'), vulnerability({ packageIssue: [] })]
    expect(parseArtifactAnalysis([{ occurrences }], options).findings).toMatchObject([
      { id: 'CVE-2024-1000', package: { name: 'unknown' } },
    ])
  })

  it('keeps what its VEX assessment sets aside', () => {
    const occurrences = [
      discovery('FINISHED_SUCCESS'),
      vulnerability({ vexAssessment: { state: 'NOT_AFFECTED' } }),
    ]
    expect(parseArtifactAnalysis([{ occurrences }], options).findings[0]?.suppressed).toMatchObject({
      kind: 'scanner',
      status: 'not_affected',
    })
  })

  it.each([
    ['no discovery', [vulnerability()], 'SCANNER_FAILED'],
    ['a pending one', [discovery('PENDING')], 'SCANNER_FAILED'],
    ['a failed one', [discovery('FINISHED_FAILED')], 'SCANNER_FAILED'],
    ['an unsupported one', [discovery('FINISHED_UNSUPPORTED')], 'SCANNER_FAILED'],
    [
      'a failed one beside a good one',
      [discovery('FINISHED_SUCCESS'), discovery('FINISHED_FAILED')],
      'SCANNER_FAILED',
    ],
    [
      'occurrences of two images',
      [discovery('FINISHED_SUCCESS'), vulnerability({}, resourceUri.replace(subject, another))],
      'SUBJECT_MISMATCH',
    ],
  ])('refuses %s', (_, occurrences, code) => {
    expect(() => parseArtifactAnalysis([{ occurrences }], options)).toThrow(expect.objectContaining({ code }))
  })
})

describe('parseCycloneDxReport', () => {
  const document = (more: object = {}) => ({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: {
      timestamp: finishedAt,
      tools: { components: [{ name: 'trivy', version: '0.74.0' }] },
      component: { type: 'container', purl: `pkg:oci/app@${encodeURIComponent(subject)}?repository_url=x` },
    },
    components: [
      { 'bom-ref': 'os', type: 'operating-system', name: 'debian', version: '12.5' },
      ...inventory.packages.map(({ purl, name, version }) => ({
        'bom-ref': `ref-${name}`,
        purl,
        name,
        version,
      })),
    ],
    vulnerabilities: [
      {
        id: 'CVE-2024-1000',
        ratings: [{ source: { name: 'debian' }, severity: 'low' }],
        recommendation: 'Upgrade libssl3 to version 3.0.2-1; Upgrade openssl to version 3.0.3-1, 3.0.4-1',
        affects: [{ ref: 'ref-libssl3' }, { ref: `urn:cdx:x/1#${encodeURIComponent(zlib.purl)}` }],
      },
      { id: 'CVE-2024-2000', analysis: { state: 'not_affected' }, affects: [{ ref: 'ref-lodash' }] },
    ],
    ...more,
  })

  it('reads what Trivy and others write', () => {
    const report = parseCycloneDxReport(document(), options)
    expect(summary(report)).toEqual({
      status: 'complete',
      gaps: [],
      findings: [
        'CVE-2024-1000, libssl3 3.0.1-1, low, fixed, 3.0.2-1, 3.0.3-1, 3.0.4-1',
        'CVE-2024-1000, zlib1g 1:1.2.13-1, low, fixed, 3.0.2-1, 3.0.3-1, 3.0.4-1',
        'CVE-2024-2000, lodash 4.17.4, unknown, unknown, set aside',
      ],
    })
    expect(report).toMatchObject({
      scanner: { name: 'trivy', version: '0.74.0' },
      packagesSeen: 4,
      distro: { id: 'debian' },
    })
  })

  it.each([
    ['a finding of no package', { vulnerabilities: [{ id: 'CVE-2024-3000' }] }, 'partial', ['LOSSY_INPUT']],
    ['an empty list, which an SBOM has too,', { vulnerabilities: [] }, 'partial', ['LOSSY_INPUT']],
    ['no component', { components: [] }, 'unsupported', ['DISTRO_UNKNOWN', 'NO_PACKAGES']],
  ])('with %s is %s', (_, more, status, gaps) => {
    expect(summary(parseCycloneDxReport(document(more), options))).toMatchObject({ status, gaps })
  })

  it.each([
    ['no list of vulnerabilities', { vulnerabilities: undefined }, 'REPORT_INVALID'],
    ['a form of before', { specVersion: '1.3' }, 'REPORT_INVALID'],
    ['no time', { metadata: { component: document().metadata.component } }, 'REPORT_INVALID'],
    [
      'another image',
      {
        metadata: {
          timestamp: finishedAt,
          component: { purl: `pkg:oci/app@${encodeURIComponent(another)}` },
        },
      },
      'SUBJECT_MISMATCH',
    ],
    ['no image', { metadata: { timestamp: finishedAt } }, 'SUBJECT_MISMATCH'],
  ])('refuses a document with %s', (_, more, code) => {
    expect(() => parseCycloneDxReport(document(more), options)).toThrow(expect.objectContaining({ code }))
  })
})

describe('parseSarif', () => {
  const run = (more: object = {}) => ({
    tool: {
      driver: {
        name: 'Trivy',
        version: '0.74.0',
        rules: [
          { id: 'CVE-2024-1000', name: 'OsPackageVulnerability', properties: { 'security-severity': '9.8' } },
          {
            id: 'CVE-2024-2000-lodash',
            name: 'JavascriptMatcher',
            help: { text: 'Severity: low\nPackage: lodash\nVersion: 4.17.4\nFix Version: 4.17.5,5\n' },
          },
          {
            id: 'aws-key',
            name: 'Secret',
            shortDescription: { text: 'AWS key' },
            properties: { tags: ['secret'] },
          },
        ],
      },
    },
    results: [
      {
        ruleId: 'CVE-2024-1000',
        message: { text: 'Package: openssl\nInstalled Version: 3.0.1-1\nFixed Version: 3.0.2-1' },
      },
      { ruleId: 'CVE-2024-2000-lodash', ruleIndex: 1 },
      {
        ruleId: 'aws-key',
        level: 'error',
        locations: [
          { physicalLocation: { artifactLocation: { uri: 'app/.env' }, region: { startLine: 3 } } },
        ],
      },
    ],
    ...more,
  })

  it('reads findings and weaknesses; never as all there is', () => {
    const report = parseSarif({ version: '2.1.0', runs: [run()] }, vouched)
    expect(summary(report)).toEqual({
      status: 'partial',
      gaps: ['LOSSY_INPUT', 'PACKAGES_NOT_LISTED'],
      findings: [
        'CVE-2024-1000, openssl 3.0.1-1, critical, fixed, 3.0.2-1',
        'CVE-2024-2000, lodash 4.17.4, low, fixed, 4.17.5, 5',
      ],
    })
    expect(report.weaknesses).toEqual([
      {
        kind: 'secret',
        id: 'aws-key',
        severity: 'high',
        title: 'AWS key',
        path: 'app/.env',
        startLine: 3,
        endLine: undefined,
        scanner: 'trivy',
      },
    ])
  })

  it.each([
    ['that is about libsecret', 'SNYK-DEBIAN12-LIBSECRET-1', ['security', 'libsecret'], 'finding'],
    ['about a package named secret', 'CVE-2024-1000', ['secret'], 'finding'],
    ['about a checker of licences', 'CVE-2024-1000', ['license-checker'], 'finding'],
    ['about a secret', 'aws-key', ['secret'], 'weakness'],
    ['about a licence', 'GPL-3.0', ['license'], 'weakness'],
  ])('takes a result %s (%s) for a %s', (_, id, tags, expected) => {
    const tool = { driver: { name: 'x', rules: [{ id, properties: { tags } }] } }
    const runs = [run({ tool, results: [{ ruleId: id }] })]
    const { findings, weaknesses = [] } = parseSarif({ version: '2.1.0', runs }, vouched)
    expect([findings.length, weaknesses.length]).toEqual(expected === 'finding' ? [1, 0] : [0, 1])
  })

  it.each([
    ['without a status', [{}], true],
    ['that is accepted', [{ status: 'accepted' }], true],
    ['that is rejected', [{ status: 'rejected' }], false],
    ['of which one is under review', [{ status: 'accepted' }, { status: 'underReview' }], false],
  ])('takes a suppression %s as that', (_, suppressions, expected) => {
    const runs = [run({ results: [{ ruleId: 'CVE-2024-1000', suppressions }] })]
    const { findings } = parseSarif({ version: '2.1.0', runs }, vouched)
    expect(findings.map(({ suppressed }) => suppressed !== undefined)).toEqual([expected])
  })

  it.each([
    ['a run that failed', { invocations: [{ executionSuccessful: false }] }],
    ['a run without results', { results: null }],
  ])('gives no verdict of %s', (_, more) => {
    expect(() => parseSarif({ version: '2.1.0', runs: [run(more)] }, vouched)).toThrow(
      expect.objectContaining({ code: 'SCANNER_FAILED' }),
    )
  })
})

describe('parseHarborReport', () => {
  const report = (more: object = {}) => ({
    generated_at: finishedAt,
    artifact: { digest: subject },
    scanner: { name: 'Trivy', vendor: 'Aqua', version: '0.74.0' },
    vulnerabilities: [
      {
        id: 'CVE-2024-1000',
        package: 'openssl',
        version: '3.0.1-1',
        fix_version: '3.0.2-1',
        severity: 'Critical',
        links: ['https://a.example'],
      },
    ],
    ...more,
  })

  it('reads findings', () => {
    expect(summary(parseHarborReport(report(), options))).toEqual({
      status: 'partial',
      gaps: ['PACKAGES_NOT_LISTED'],
      findings: ['CVE-2024-1000, openssl 3.0.1-1, critical, fixed, 3.0.2-1'],
    })
  })

  it('takes null for no findings', () => {
    expect(parseHarborReport(report({ vulnerabilities: null }), options).findings).toEqual([])
    expect(() => parseHarborReport(report({ vulnerabilities: undefined }), options)).toThrow(
      expect.objectContaining({ code: 'REPORT_INVALID' }),
    )
  })
})

describe('every parser', () => {
  const parsers: [string, (value: never) => ScanReport][] = [
    ['parseClairReport', (value) => parseClairReport(value, options)],
    ['parseSnykReport', (value) => parseSnykReport(value, options)],
    ['parseEcrFindings', (value) => parseEcrFindings([value], options)],
    ['parseArtifactAnalysis', (value) => parseArtifactAnalysis([value], options)],
    ['parseCycloneDxReport', (value) => parseCycloneDxReport(value, options)],
    ['parseSarif', (value) => parseSarif(value, options)],
    ['parseHarborReport', (value) => parseHarborReport(value, options)],
  ]

  it.each<[string, unknown, (value: never) => ScanReport, string]>([
    ['Clair', { manifest_hash: another, packages: {} }, parsers[0]![1], 'SUBJECT_MISMATCH'],
    [
      'ECR',
      { imageId: { imageDigest: another }, imageScanStatus: { status: 'COMPLETE' } },
      parsers[2]![1],
      'SUBJECT_MISMATCH',
    ],
    [
      'Harbor',
      {
        generated_at: finishedAt,
        artifact: { digest: another },
        scanner: { name: 'a' },
        vulnerabilities: [],
      },
      parsers[6]![1],
      'SUBJECT_MISMATCH',
    ],
    ['Snyk, which names none', { vulnerabilities: [] }, parsers[1]![1], 'SUBJECT_MISMATCH'],
    [
      'SARIF, which names none',
      { version: '2.1.0', runs: [{ tool: { driver: { name: 'a' } }, results: [] }] },
      parsers[5]![1],
      'SUBJECT_MISMATCH',
    ],
  ])('refuses a report about another image: %s', (_, value, parse, code) => {
    expect(() => parse(value as never)).toThrow(expect.objectContaining({ code }))
  })

  it.each(parsers)('%s refuses half a report, and throws nothing but its own errors', (_, parse) => {
    expect(() => parse('{"version": "2.1.0", "runs": [' as never)).toThrow(
      expect.objectContaining({ code: 'REPORT_INVALID' }),
    )
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        try {
          parse(JSON.stringify(value) as never)
        } catch (error) {
          expect(error).toBeInstanceOf(ScanError)
        }
      }),
    )
  })
})

describe('reportScanner', () => {
  const target = { subject, platform: inventory.platform, inventory, layoutDirectory: '/nowhere' }
  const report = parseSnykReport({ ok: true, vulnerabilities: [] }, vouched)

  it('gives the report, and refuses one about another image', async () => {
    await expect(reportScanner({ name: 'snyk', read: async () => report }).scan(target)).resolves.toBe(report)
    const other = { ...report, subject: another as typeof subject }
    await expect(reportScanner({ name: 'snyk', read: async () => other }).scan(target)).rejects.toMatchObject(
      {
        code: 'SUBJECT_MISMATCH',
        scanner: 'snyk',
      },
    )
  })
})

const recorded = join(import.meta.dirname, '../../../../../shared/data/scan/reports')
describe.skipIf(!existsSync(recorded))('recorded reports (skipped where the data folder is absent)', () => {
  const read = (name: string) => readFileSync(join(recorded, name), 'utf8')

  it('Trivy’s SARIF says what its JSON says', () => {
    const json = JSON.parse(read('trivy/alpine-310.json.golden')) as {
      Results: {
        Vulnerabilities?: {
          VulnerabilityID: string
          PkgName: string
          InstalledVersion: string
          FixedVersion: string
        }[]
      }[]
    }
    const expected = json.Results.flatMap(({ Vulnerabilities = [] }) =>
      Vulnerabilities.map(
        (one) => `${one.VulnerabilityID} ${one.PkgName} ${one.InstalledVersion} ${one.FixedVersion}`,
      ),
    )
    const { findings } = parseSarif(read('trivy/alpine-310.sarif.golden'), vouched)
    expect(
      findings
        .map(({ id, package: { name, version }, fix }) => [id, name, version, ...fix.versions].join(' '))
        .toSorted(),
    ).toEqual(expected.toSorted())
  })

  it.each([
    ['SARIF', 'grype/sarif/snapshot/TestSarifPresenter_image.golden', parseSarif],
    ['CycloneDX', 'grype/cyclonedx/snapshot/TestCycloneDxPresenterImage.golden', parseCycloneDxReport],
  ])('Grype’s %s names its two findings', (_, file, parse) => {
    const own = 'sha256:ca738abb87a8d58f112d3400ebb079b61ceae7dc290beb34bda735be4b1941d5' as const
    const { findings } = parse(read(file), { ...vouched, subject: own })
    expect(findings.map(({ id, package: { name } }) => `${id} ${name}`).toSorted()).toEqual([
      'CVE-1999-0001 package-1',
      'CVE-1999-0002 package-2',
    ])
  })
})
