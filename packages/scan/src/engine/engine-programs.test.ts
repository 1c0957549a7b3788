import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { grypeScanner } from '../grype/run-grype.ts'
import { inventoryOf, packagesOfStatus } from '../internal/inventory.fixture.ts'
import { osvScanner } from '../osv-scanner/run-osv-scanner.ts'
import type { Scanner, ScanTarget } from '../ports/scanner.ts'
import { debianFiles } from '../trivy/images.fixture.ts'
import { writeLayout } from './write-layout.ts'

const clock = { now: () => new Date('2026-11-26T00:00:00Z') }
let directory = ''
let target: ScanTarget
let diffId = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-test-'))
  const layoutDirectory = join(directory, 'layout')
  const written = await writeLayout(layoutDirectory, [debianFiles])
  diffId = written.diffIds[0] ?? ''
  const packages = packagesOfStatus(debianFiles['var/lib/dpkg/status'] ?? '')
  const inventory = inventoryOf(packages, { subject: written.subject })
  target = { subject: written.subject, platform: inventory.platform, inventory, layoutDirectory }
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

const { TMPDIR: temporary } = process.env

beforeAll(async () => {
  await mkdir(join(directory, 'temporary'))
  process.env['TMPDIR'] = join(directory, 'temporary')
})

// whatever a program does, nothing of its scan stays
afterEach(async () => expect(await readdir(join(directory, 'temporary'))).toEqual([]))

afterAll(async () => {
  if (temporary === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = temporary
  await rm(directory, { recursive: true, force: true })
})

const adapters = {
  grype: (command: string, options = {}) =>
    grypeScanner({
      command,
      cacheDirectory: join(directory, 'grype'),
      skipDatabaseUpdate: true,
      unsafeSkipCanary: true,
      clock,
      ...options,
    }),
  'osv-scanner': (command: string, options = {}) =>
    osvScanner({
      command,
      databaseDirectory: join(directory, 'osv'),
      unsafeSkipCanary: true,
      clock,
      ...options,
    }),
} satisfies Record<string, (command: string, options?: object) => Scanner>

/** Where each program is told to write its report. */
const findOutput = {
  grype:
    'for a in "$@"; do case "$a" in json=*) out="${a#json=}";; cyclonedx-json=*) list="${a#cyclonedx-json=}";; esac; done',
  'osv-scanner':
    'while [ $# -gt 0 ]; do [ "$1" = --output-file ] && out="$2"; shift; done; out="${out:-/dev/null}"; list=/dev/null',
}

/** A program that stands in for a broken scanner: real processes, real signals, no scan. */
async function program(body: string): Promise<string> {
  const path = join(await mkdtemp(join(directory, 'program-')), 'engine')
  await writeFile(path, `#!/bin/sh\nPATH=/usr/bin:/bin\n${body}\n`, { mode: 0o755 })
  return path
}

const grypeReport = (change: object = {}) => ({
  matches: [],
  source: {
    type: 'image',
    target: { manifestDigest: target.subject, architecture: 'amd64', os: 'linux', ...change },
  },
  distro: { name: 'debian', version: '12.15' },
  descriptor: {
    name: 'grype',
    version: '0.121.2',
    db: { status: { schemaVersion: 'v6.1.10', built: '2026-11-25T00:00:00Z', valid: true } },
  },
})

/** Grype's list of what it saw: all that there is. */
const listOf = ({ inventory }: ScanTarget): string =>
  JSON.stringify({
    bomFormat: 'CycloneDX',
    components: inventory.packages.map(({ name, version, purl }) => ({
      type: 'library',
      name,
      version,
      purl,
    })),
  })

const osvReport = (diff: string) => ({
  results: [],
  image_metadata: { layer_metadata: [{ diff_id: diff, is_empty: false }] },
})

describe.each(['grype', 'osv-scanner'] as const)('%s with a program that fails', (name) => {
  const scan = (command: string, options = {}) => adapters[name](command, options).scan(target)
  const writing = (report: unknown, list: unknown = '') =>
    program(
      `${findOutput[name]}\ncat > "$out" <<'END'\n${typeof report === 'string' ? report : JSON.stringify(report)}\nEND\ncat > "$list" <<'END'\n${JSON.stringify(list)}\nEND`,
    )

  it('names a program that is not there', async () => {
    await expect(scan('/no/such/program')).rejects.toMatchObject({ code: 'SCANNER_MISSING', scanner: name })
  })

  it('does not believe a crash, an end by a signal, or an end without a report', async () => {
    await expect(scan(await program('echo "FATAL why" >&2; exit 3'))).rejects.toMatchObject({
      code: 'SCANNER_FAILED',
      message: expect.stringContaining('FATAL why'),
    })
    await expect(scan(await program('kill -9 $$'))).rejects.toMatchObject({ code: 'SCANNER_FAILED' })
    await expect(scan(await program('exit 0'))).rejects.toMatchObject({ code: 'REPORT_INVALID' })
  })

  it.each([
    ['half a JSON', '{"matches": [{"vulnera'],
    ['JSON of another kind', '{"hello": 1}'],
    ['JSON that is nested without end', `${'['.repeat(200)}${']'.repeat(200)}`],
  ])('does not believe %s', async (_, report) => {
    await expect(scan(await writing(report))).rejects.toMatchObject({ code: 'REPORT_INVALID' })
  })

  it('kills one that hangs, and one that floods', async () => {
    await expect(scan(await program('sleep 300'), { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'SCANNER_TIMEOUT',
      retryable: true,
    })
    await expect(scan(await program('yes >&2'))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    const flood = await program(`${findOutput[name]}\n[ "$out" = /dev/null ] || yes > "$out"`)
    await expect(scan(flood, { maxReportBytes: 1000 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('refuses data that is missing or too old', async () => {
    const command = await program('exit 0')
    await expect(
      scan(command, { cacheDirectory: join(directory, 'none'), databaseDirectory: join(directory, 'none') }),
    ).rejects.toMatchObject({ code: 'DATA_UNAVAILABLE' })
    const late = { now: () => new Date('2036-01-01T00:00:00Z') }
    await expect(scan(command, { maxDataAgeMs: 3_600_000, clock: late })).rejects.toMatchObject({
      code: 'DATA_UNAVAILABLE',
      message: expect.stringContaining('at most 1 h allowed'),
    })
  })

  it('refuses a report on another image, and one that saw no package', async () => {
    const other = `sha256:${'0'.repeat(64)}`
    const foreign = name === 'grype' ? grypeReport({ manifestDigest: other }) : osvReport(other)
    await expect(scan(await writing(foreign))).rejects.toMatchObject({ code: 'SUBJECT_MISMATCH' })
    const blind = name === 'grype' ? grypeReport() : osvReport(diffId)
    const list = { bomFormat: 'CycloneDX', components: [] }
    await expect(scan(await writing(blind, list))).rejects.toMatchObject({ code: 'REPORT_INVALID' })
  })

  it('refuses a layout that holds other bytes under the name of the image', async () => {
    const layoutDirectory = join(directory, `forged-${name}`)
    await cp(target.layoutDirectory, layoutDirectory, { recursive: true })
    await writeFile(join(layoutDirectory, 'blobs/sha256', target.subject.slice(7)), '{}')
    const scanner = adapters[name](await program('exit 0'))
    await expect(scanner.scan({ ...target, layoutDirectory })).rejects.toMatchObject({
      code: 'SUBJECT_MISMATCH',
    })
  })

  it('passes neither variables of the scanner nor the home folder on', async () => {
    process.env['GRYPE_IGNORE_WONTFIX'] = 'true'
    try {
      const error = (await scan(await program('env >&2; exit 3')).catch((e: unknown) => e)) as Error
      expect(error.message).not.toContain('GRYPE_IGNORE_WONTFIX')
      expect(error.message).toMatch(/HOME=.*\/temporary\/sallyport-/)
    } finally {
      delete process.env['GRYPE_IGNORE_WONTFIX']
    }
  })
})

describe('grype', () => {
  it('refuses a report on another platform', async () => {
    const path = await program(
      `${findOutput.grype}\ncat > "$out" <<'END'\n${JSON.stringify(grypeReport({ architecture: 'arm64' }))}\nEND\necho '{"bomFormat":"CycloneDX"}' > "$list"`,
    )
    await expect(adapters.grype(path).scan(target)).rejects.toMatchObject({ code: 'SUBJECT_MISMATCH' })
  })

  it.each([
    ['complete', 'that codename', 'bookworm'],
    ['complete', 'no codename', undefined],
    ['unsupported', 'another codename', 'trixie'],
  ])('is %s for an image of a known release and %s', async (status, _, codename) => {
    const path = await program(
      `${findOutput.grype}\ncat > "$out" <<'END'\n${JSON.stringify(grypeReport())}\nEND\ncat > "$list" <<'END'\n${listOf(target)}\nEND`,
    )
    const distro = { id: 'debian', versionId: '12', idLike: [], codename }
    const image = { ...target, inventory: { ...target.inventory, distro } }
    expect(await adapters.grype(path).scan(image)).toMatchObject({ status })
  })

  it("takes GitHub's word before the score of another", async () => {
    const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'
    const matches = [
      {
        vulnerability: { id: 'GHSA-aaaa-bbbb-cccc', namespace: 'github:language:python', severity: 'Medium' },
        relatedVulnerabilities: [
          {
            id: 'CVE-2026-1000',
            namespace: 'nvd:cpe',
            severity: 'Critical',
            cvss: [{ source: 'nvd@nist.gov', version: '3.1', vector, metrics: { baseScore: 9.8 } }],
          },
        ],
        artifact: { name: 'one', version: '1.0', type: 'python', purl: 'pkg:pypi/one@1.0' },
      },
    ]
    const path = await program(
      `${findOutput.grype}\ncat > "$out" <<'END'\n${JSON.stringify({ ...grypeReport(), matches })}\nEND\ncat > "$list" <<'END'\n${listOf(target)}\nEND`,
    )
    const { findings } = await adapters.grype(path).scan(target)
    expect(findings).toMatchObject([{ id: 'CVE-2026-1000', severity: 'medium' }])
  })

  it.each(['GRYPE_ONLY_FIXED', 'GRYPE_EXCLUDE', 'grype_config'])('refuses the variable %s', (variable) => {
    expect(() => grypeScanner({ environment: { [variable]: 'x' } })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
  })
})

describe('osv-scanner', () => {
  it('does not believe "nothing found" when the data could not be loaded', async () => {
    const path = await program('echo "could not load db for Debian ecosystem: broken" >&2; exit 0')
    await expect(adapters['osv-scanner'](path).scan(target)).rejects.toMatchObject({
      code: 'DATA_UNAVAILABLE',
    })
  })

  it('takes "no packages" for what it is', async () => {
    const report = await adapters['osv-scanner'](await program('exit 128')).scan(target)
    expect(report).toMatchObject({ status: 'unsupported', findings: [] })
    expect(report.gaps.map(({ code }) => code)).toEqual(['NO_PACKAGES', 'DISTRO_UNKNOWN'])
  })
})
