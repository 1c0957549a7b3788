import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { digestOf } from '@sallyport/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAdvisoryIndex } from '../advisories/advisory-index.ts'
import { builtinScanner } from '../builtin/builtin-scanner.ts'
import { grypeScanner } from '../grype/run-grype.ts'
import { inventoryOf, packagesOfStatus } from '../internal/inventory.fixture.ts'
import { osvScanner } from '../osv-scanner/run-osv-scanner.ts'
import type { Scanner, ScanTarget } from '../ports/scanner.ts'
import { reportScanner } from '../report/report-scanner.ts'
import { parseClairReport } from '../report/parse-clair.ts'
import { debianFiles, emptyFiles, unknownFiles } from '../trivy/images.fixture.ts'
import { trivyScanner } from '../trivy/run-trivy.ts'
import { runScanners } from './run-scanners.ts'
import { writeLayout } from './write-layout.ts'

/** What must never pass for a clean image. */
const cases = [
  'unknown distribution',
  'empty status file',
  'stale database',
  'missing database',
  'scanner crash',
  'one platform of two scanned',
  'scanner of another digest',
] as const
type Case = (typeof cases)[number]

const clock = { now: () => new Date('2026-11-26T00:00:00Z') }
const late = { clock: { now: () => new Date('2036-01-01T00:00:00Z') }, maxDataAgeMs: 3_600_000 }
let directory = ''
const targets: Record<string, ScanTarget & { readonly config: string; readonly diffId: string }> = {}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-test-'))
  const withoutStatus = { ...debianFiles, 'var/lib/dpkg/status': '' }
  for (const [name, files] of Object.entries({
    debian: debianFiles,
    withoutStatus,
    unknownFiles,
    emptyFiles,
  })) {
    const layoutDirectory = join(directory, name)
    const { subject, config, diffIds } = await writeLayout(layoutDirectory, [files])
    const packages = packagesOfStatus((files as Record<string, string>)['var/lib/dpkg/status'] ?? '')
    const inventory = inventoryOf(packages, {
      subject,
      ...(name === 'unknownFiles' && { distro: undefined }),
      ...(packages.length === 0 && { gaps: [{ code: 'DATABASE_EMPTY', message: 'no package' }] }),
    })
    targets[name] = {
      subject,
      platform: inventory.platform,
      inventory,
      layoutDirectory,
      config,
      diffId: diffIds[0]!,
    }
  }
  await mkdir(join(directory, 'trivy/db'), { recursive: true })
  await writeFile(
    join(directory, 'trivy/db/metadata.json'),
    '{"Version":2,"UpdatedAt":"2026-11-25T00:00:00Z"}',
  )
  await mkdir(join(directory, 'grype/6'), { recursive: true })
  const database = new DatabaseSync(join(directory, 'grype/6/vulnerability.db'))
  database.exec(`CREATE TABLE db_metadata (build_timestamp, model, revision, addition);
    INSERT INTO db_metadata VALUES ('2026-11-25 00:00:00+00:00', 6, 1, 10);
    CREATE TABLE operating_systems (name, major_version, minor_version, label_version, codename);
    INSERT INTO operating_systems VALUES ('debian', '12', '', '', 'bookworm')`)
  database.close()
  await mkdir(join(directory, 'osv/Debian'), { recursive: true })
  await writeFile(join(directory, 'osv/Debian/all.zip'), 'PK')
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** A program that stands in for a scanner: it writes what it is told to where it is told to. */
async function program(body: string): Promise<string> {
  const path = join(await mkdtemp(join(directory, 'program-')), 'engine')
  await writeFile(path, `#!/bin/sh\nPATH=/usr/bin:/bin\n${body}\n`, { mode: 0o755 })
  return path
}
const writing = async (report: unknown, list: unknown = '') =>
  program(`out=/dev/null list=/dev/null
while [ $# -gt 0 ]; do
  case "$1" in json=*) out="\${1#json=}";; cyclonedx-json=*) list="\${1#cyclonedx-json=}";; --output|--output-file) out="$2";; esac
  shift
done
cat > "$out" <<'END'
${typeof report === 'string' ? report : JSON.stringify(report)}
END
cat > "$list" <<'END'
${JSON.stringify(list)}
END`)

const advisories = [
  {
    id: 'CVE-2024-1000',
    modified: '2026-11-25T00:00:00Z',
    affected: [{ package: { ecosystem: 'Debian:12', name: 'apt' }, versions: ['0'] }],
  },
]
const crash = 'echo "FATAL out of memory" >&2; exit 2'

const targetOf = (which: Case): ScanTarget => {
  const { debian, withoutStatus, unknownFiles: unknown } = targets
  if (which === 'unknown distribution') return unknown!
  if (which === 'empty status file') return withoutStatus!
  // An image of two platforms, of which the inventory of one was handed over for both.
  if (which === 'one platform of two scanned') {
    return { ...debian!, platform: { os: 'linux', architecture: 'arm64' } }
  }
  return debian!
}

type Adapter = (which: Case, target: ScanTarget) => Scanner | Promise<Scanner>

/** Programs answer that they found nothing, which is what must not be believed. */
const adapters: Readonly<Record<string, Adapter>> = {
  builtin: (which) => {
    const broken = {
      ...createAdvisoryIndex(advisories),
      find: () => {
        throw new Error('disk error')
      },
    }
    const other: Scanner = {
      name: 'builtin',
      scan: (target) =>
        builtinScanner({ advisories, clock }).scan({
          ...target,
          subject: digestOf('other'),
          inventory: { ...target.inventory, subject: digestOf('other') },
        }),
    }
    if (which === 'scanner of another digest') return other
    if (which === 'scanner crash') return builtinScanner({ advisories: broken, clock })
    // The check is made when it is built, so this is what a caller would have to run instead.
    if (which === 'missing database')
      return {
        name: 'builtin',
        scan: async (target) => builtinScanner({ advisories: [], clock }).scan(target),
      }
    return builtinScanner({ advisories, clock, ...(which === 'stale database' && late) })
  },
  trivy: async (which, target) => {
    const name =
      which === 'unknown distribution'
        ? 'unknownFiles'
        : which === 'empty status file'
          ? 'withoutStatus'
          : 'debian'
    const image = which === 'scanner of another digest' ? digestOf('other') : targets[name]!.config
    const report = {
      SchemaVersion: 2,
      ArtifactType: 'container_image',
      Metadata: {
        ImageID: image,
        ...(which !== 'unknown distribution' && { OS: { Family: 'debian', Name: '12.5' } }),
      },
      Results: [],
    }
    expect(target.subject).toBe(targets[name]!.subject)
    return trivyScanner({
      command: await (which === 'scanner crash' ? program(crash) : writing(report)),
      cacheDirectory: join(directory, which === 'missing database' ? 'none' : 'trivy'),
      skipDatabaseUpdate: true,
      unsafeSkipCanary: true,
      clock,
      ...(which === 'stale database' && late),
    })
  },
  grype: async (which, target) => {
    const manifestDigest = which === 'scanner of another digest' ? digestOf('other') : target.subject
    const report = {
      matches: [],
      source: { type: 'image', target: { manifestDigest, architecture: 'amd64', os: 'linux' } },
      distro:
        which === 'unknown distribution' ? { name: '', version: '' } : { name: 'debian', version: '12' },
      descriptor: {
        name: 'grype',
        version: '0.121.2',
        db: { status: { schemaVersion: 'v6.1.10', built: '2026-11-25T00:00:00Z', valid: true } },
      },
    }
    return grypeScanner({
      command: await (which === 'scanner crash'
        ? program(crash)
        : writing(report, { bomFormat: 'CycloneDX', components: [] })),
      cacheDirectory: join(directory, which === 'missing database' ? 'none' : 'grype'),
      skipDatabaseUpdate: true,
      unsafeSkipCanary: true,
      clock,
      ...(which === 'stale database' && late),
    })
  },
  'osv-scanner': async (which) => {
    const report = {
      results: [],
      image_metadata: { layer_metadata: [{ diff_id: digestOf('other'), is_empty: false }] },
    }
    const command = {
      'scanner crash': crash,
      // This is how it says that it saw nothing to judge.
      'unknown distribution': 'exit 128',
      'empty status file': 'exit 128',
    }[which as string]
    return osvScanner({
      command: await (command === undefined ? writing(report) : program(command)),
      databaseDirectory: join(directory, which === 'missing database' ? 'none' : 'osv'),
      unsafeSkipCanary: true,
      clock,
      ...(which === 'stale database' && late),
    })
  },
  'a report made elsewhere': (which, target) =>
    reportScanner({
      name: 'clair',
      read: async () => {
        if (which === 'scanner crash') throw new Error('no report')
        const manifest_hash =
          which === 'one platform of two scanned' || which === 'scanner of another digest'
            ? digestOf('other')
            : target.subject
        const text = JSON.stringify({
          manifest_hash,
          packages: {},
          vulnerabilities: {},
          package_vulnerabilities: {},
        })
        return parseClairReport(text, {
          subject: target.subject,
          inventory: target.inventory,
          finishedAt: clock.now().toISOString(),
        })
      },
    }),
}

/** Code of the failure, or of a gap of the report, which then is `unsupported`. */
const expected: Readonly<Record<string, Partial<Record<Case, string>>>> = {
  builtin: {
    'unknown distribution': 'DISTRO_UNKNOWN',
    'empty status file': 'NO_PACKAGES',
    'stale database': 'DATA_UNAVAILABLE',
    'missing database': 'ADVISORIES_EMPTY',
    'scanner crash': 'UNEXPECTED',
    'one platform of two scanned': 'SUBJECT_MISMATCH',
    'scanner of another digest': 'SUBJECT_MISMATCH',
  },
  trivy: { ...ofEngines(), 'unknown distribution': 'REPORT_INVALID' },
  grype: { ...ofEngines(), 'unknown distribution': 'REPORT_INVALID' },
  'osv-scanner': { ...ofEngines(), 'unknown distribution': 'DISTRO_UNKNOWN' },
  // The age of its data is what the policy asks about.
  'a report made elsewhere': {
    'unknown distribution': 'NO_PACKAGES',
    'empty status file': 'NO_PACKAGES',
    'scanner crash': 'UNEXPECTED',
    'one platform of two scanned': 'SUBJECT_MISMATCH',
    'scanner of another digest': 'SUBJECT_MISMATCH',
  },
}

function ofEngines(): Partial<Record<Case, string>> {
  return {
    'empty status file': 'NO_PACKAGES',
    'stale database': 'DATA_UNAVAILABLE',
    'missing database': 'DATA_UNAVAILABLE',
    'scanner crash': 'SCANNER_FAILED',
    'one platform of two scanned': 'SUBJECT_MISMATCH',
    'scanner of another digest': 'SUBJECT_MISMATCH',
  }
}

describe.each(Object.keys(adapters))('%s never gives a clean report for', (name) => {
  it.each(Object.entries(expected[name]!) as [Case, string][])('%s: %s', async (which, code) => {
    const target = targetOf(which)
    const scanner = await adapters[name]!(which, target)
    const { reports } = await runScanners([scanner], target, { clock })
    expect(reports).toHaveLength(1)
    const { status, failure, gaps } = reports[0]!
    if (status === 'failed') expect(failure?.code).toBe(code)
    else {
      expect(status).toBe('unsupported')
      expect(gaps.map((gap) => gap.code)).toContain(code)
    }
  })
})

it('names the platform that a scanner looked at instead', async () => {
  const debian = targets['debian']!
  const answer = await builtinScanner({ advisories, clock }).scan(debian)
  const scan = async () => ({ ...answer, platform: { os: 'linux', architecture: 'arm64' } })
  const { reports } = await runScanners([{ name: 'odd', scan }], debian, { clock })
  expect(reports).toMatchObject([
    {
      status: 'failed',
      failure: { code: 'SUBJECT_MISMATCH', message: expect.stringContaining('linux/arm64') },
    },
  ])
})
