import { digestOf } from '@sallyport/core'
import { createInventory, createReport, type PolicyCase, subject, zlib } from './policy-case.fixture.ts'

type Facts = NonNullable<PolicyCase['facts']>
type Report = Parameters<typeof createReport>[0]

const scannedBy = (...reports: readonly Report[]): Facts => ({
  scan: { subject, reports: reports.map(createReport), findings: [] },
})
const failed = { code: 'SCANNER_TIMEOUT', message: 'late', retryable: true }
const accept = (code: string, images = '*') => ({
  acceptedGaps: [{ code, images, reason: 'a static binary' }],
})
const gap = { code: 'DATABASE_MISSING', message: 'no dpkg status' } as const
const static_: Facts = { inventory: createInventory([], { distro: undefined, gaps: [gap] }) }
const debian = (versionId: string): Facts => ({
  inventory: createInventory([zlib], { distro: { id: 'debian', versionId, idLike: [] } }),
})
const ten = Array.from({ length: 10 }, (_, at) => `pkg:deb/debian/p${at}@1`)

/** Scans, subjects, platforms, gaps, the distribution and the number of packages. */
export const coverageCases: readonly PolicyCase[] = [
  {
    name: 'pitfall 4: a step failed',
    facts: { failures: [{ step: 'scan', code: 'X', message: 'y' }] },
    gives: 'error step-failed',
  },
  {
    name: 'pitfall 4: a scanner failed',
    facts: scannedBy({ status: 'failed', failure: failed }),
    gives: 'error step-failed',
  },
  {
    name: 'pitfall 4: a scanner failed, though another judged all',
    facts: scannedBy({ status: 'failed', failure: failed, data: [] }, {}),
    gives: 'error step-failed',
  },
  { name: 'no scanner gave a report', facts: scannedBy(), gives: 'error no-scan' },
  {
    name: 'a scan that fails and a finding too many is an error',
    facts: { failures: [{ step: 'scan', code: 'X', message: 'y' }] },
    findings: [{}],
    gives: 'error step-failed threshold-exceeded',
  },
  {
    name: 'pitfall 11: the inventory is of another image',
    facts: { inventory: createInventory([zlib], { subject: digestOf('other') }) },
    gives: 'error subject-mismatch',
  },
  {
    name: 'pitfall 11: the merged scan is of another image',
    facts: { scan: { subject: digestOf('other'), reports: [createReport()], findings: [] } },
    gives: 'error subject-mismatch',
  },
  {
    name: 'pitfall 11: a report is of another image',
    facts: scannedBy({ subject: digestOf('other') }),
    gives: 'error subject-mismatch',
  },
  {
    name: 'pitfall 10: a platform is not judged',
    facts: { platforms: { present: ['linux/amd64', 'linux/arm64'], judged: ['linux/amd64'] } },
    gives: 'error coverage-gap',
  },
  {
    name: 'pitfall 10: all platforms are judged',
    facts: { platforms: { present: ['linux/arm64', 'linux/amd64'], judged: ['linux/amd64', 'linux/arm64'] } },
    gives: 'pass',
  },
  {
    name: 'pitfall 10: the platforms that were asked for are judged',
    facts: {
      platforms: {
        present: ['linux/amd64', 'linux/arm64'],
        chosen: ['linux/amd64'],
        judged: ['linux/amd64'],
      },
    },
    gives: 'pass',
  },
  {
    name: 'pitfall 10: one that was asked for is not judged',
    facts: {
      platforms: {
        present: ['linux/amd64', 'linux/arm64'],
        chosen: ['linux/amd64', 'linux/arm64'],
        judged: ['linux/amd64'],
      },
    },
    gives: 'error coverage-gap',
  },
  {
    name: 'pitfall 10: nothing was asked for',
    facts: { platforms: { present: ['linux/amd64', 'linux/arm64'], chosen: [], judged: ['linux/amd64'] } },
    gives: 'error coverage-gap',
  },
  {
    name: 'pitfall 10: another variant of a platform is not that platform',
    facts: { platforms: { present: ['linux/arm/v7'], judged: ['linux/arm'] } },
    gives: 'error coverage-gap',
  },
  {
    name: 'pitfall 10: nobody says which platforms there are',
    facts: { platforms: undefined },
    gives: 'error coverage-gap',
  },
  {
    name: 'pitfall 10: a source without any platform',
    facts: { platforms: { present: [], judged: [] } },
    gives: 'error coverage-gap',
  },
  {
    name: 'a platform that the tier does without',
    tier: accept('PLATFORM_MISSING'),
    facts: { platforms: { present: ['linux/s390x'], judged: [] } },
    gives: 'pass gap-accepted',
  },
  {
    name: 'pitfall 5: an unknown distribution',
    facts: { inventory: createInventory([zlib], { gaps: [{ code: 'DISTRO_UNKNOWN', message: 'x' }] }) },
    gives: 'error coverage-gap',
  },
  {
    name: 'pitfall 5: a scanner does not know the distribution',
    facts: scannedBy({ status: 'unsupported', gaps: [{ code: 'DISTRO_UNSUPPORTED', message: 'x' }] }),
    gives: 'error coverage-gap',
  },
  {
    name: 'pitfall 5: a release at its end of life, though the scanner judged all',
    facts: debian('8'),
    gives: 'error coverage-gap',
  },
  {
    name: 'pitfall 5: a release at its end of life that the tier lives with',
    tier: accept('DISTRO_END_OF_LIFE'),
    facts: debian('8'),
    gives: 'pass gap-accepted',
  },
  { name: 'a release that no table knows', facts: debian('99'), gives: 'pass' },
  { name: 'a release in long-term support', facts: debian('12'), gives: 'pass' },
  {
    name: 'no distribution at all, with packages',
    facts: { inventory: createInventory([zlib], { distro: undefined }) },
    gives: 'pass',
  },
  {
    name: 'a scanner covered nothing and does not say why',
    facts: scannedBy({ status: 'unsupported' }),
    gives: 'error coverage-gap',
  },
  {
    name: 'a scanner covered a part',
    facts: scannedBy({ status: 'partial', gaps: [{ code: 'NO_ADVISORIES', message: 'npm' }] }),
    gives: 'error coverage-gap',
  },
  {
    name: 'a scanner covered a part, another all',
    facts: scannedBy({ status: 'partial', gaps: [{ code: 'NO_ADVISORIES', message: 'npm' }] }, {}),
    gives: 'pass',
  },
  {
    name: 'a gap of the inventory, though scanners judged all',
    facts: { inventory: createInventory([zlib], { gaps: [{ code: 'UNREADABLE', message: 'x' }] }) },
    gives: 'error coverage-gap',
  },
  { name: 'pitfall 6: no package', facts: { inventory: createInventory([]) }, gives: 'error coverage-gap' },
  {
    name: 'pitfall 6: no package, and the reason is accepted',
    tier: accept('DATABASE_MISSING'),
    facts: static_,
    gives: 'pass gap-accepted',
  },
  {
    name: 'pitfall 6: no package, and the reason is not',
    facts: static_,
    gives: 'error coverage-gap coverage-gap',
  },
  {
    name: 'pitfall 6: no package, and the reason is accepted for other images',
    tier: accept('DATABASE_MISSING', 'prod.example/static/*'),
    facts: static_,
    gives: 'error coverage-gap coverage-gap',
  },
  {
    name: 'pitfall 6: a scratch image that the tier lives with',
    tier: accept('NO_PACKAGES', 'prod.example/app:*'),
    facts: { inventory: createInventory([]) },
    gives: 'pass gap-accepted',
  },
  {
    name: 'pitfall 6: less packages than the floor',
    tier: { preconditions: { packages: { atLeast: 11 } } },
    facts: { inventory: createInventory(ten) },
    gives: 'error coverage-gap',
  },
  {
    name: 'pitfall 6: as many packages as the floor',
    tier: { preconditions: { packages: { atLeast: 10 } } },
    facts: { inventory: createInventory(ten) },
    gives: 'pass',
  },
]
