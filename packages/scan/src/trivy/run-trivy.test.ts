import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inventoryOf, packagesOfStatus } from '../internal/inventory.fixture.ts'
import type { ScanTarget } from '../ports/scanner.ts'
import { findTrivy } from './find-trivy.fixture.ts'
import { debianFiles } from './images.fixture.ts'
import { writeLayout } from '../engine/write-layout.ts'
import { trivyScanner } from './run-trivy.ts'

const data = fileURLToPath(new URL('../../../../../shared/data/scan/', import.meta.url))
const clock = { now: () => new Date('2026-11-26T00:00:00Z') }

let directory = ''
let target: ScanTarget
let cacheDirectory = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-test-'))
  target = await makeTarget('debian', debianFiles)
  cacheDirectory = join(directory, 'cache')
  await mkdir(join(cacheDirectory, 'db'), { recursive: true })
  await writeFile(
    join(cacheDirectory, 'db/metadata.json'),
    '{"Version":2,"UpdatedAt":"2026-11-25T00:00:00Z"}',
  )
})

afterAll(() => rm(directory, { recursive: true, force: true }))

async function makeTarget(name: string, files: Readonly<Record<string, string>>): Promise<ScanTarget> {
  const layoutDirectory = join(directory, name)
  const { subject } = await writeLayout(layoutDirectory, [files])
  const inventory = inventoryOf(packagesOfStatus(files['var/lib/dpkg/status'] ?? ''), { subject })
  return { subject, platform: inventory.platform, inventory, layoutDirectory }
}

/** A program that stands in for a broken Trivy: real processes, real signals, no scan. */
async function program(body: string): Promise<string> {
  const path = join(await mkdtemp(join(directory, 'program-')), 'trivy')
  // The programs of a bare system, whatever PATH the tests are started with.
  await writeFile(path, `#!/bin/sh\nPATH=/usr/bin:/bin\n${body}\n`, { mode: 0o755 })
  return path
}

const temporaryFolders = async () =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('sallyport-trivy-'))

describe('trivyScanner with a program that fails', () => {
  const scan = (command: string, options = {}, signal?: AbortSignal) =>
    trivyScanner({
      command,
      cacheDirectory,
      skipDatabaseUpdate: true,
      unsafeSkipCanary: true,
      clock,
      ...options,
    }).scan(target, { signal })

  it('names a program that is not there', async () => {
    await expect(scan('sallyport-no-such-program')).rejects.toMatchObject({
      code: 'SCANNER_MISSING',
      scanner: 'trivy',
    })
    await expect(scan('/no/such/program')).rejects.toMatchObject({ code: 'SCANNER_MISSING' })
  })

  it('reports a crash with the end of stderr, without credentials', async () => {
    const command = await program(
      'echo "start" >&2; echo "FATAL https://user:hunter2@registry.example/ Authorization: Bearer abcdefgh12345 $EXTRA" >&2; exit 1',
    )
    const error = await scan(command, { environment: { EXTRA: 'top-secret-value' } }).catch(
      (e: unknown) => e as Error,
    )
    expect(error).toMatchObject({ code: 'SCANNER_FAILED' })
    expect((error as Error).message).toContain('FATAL https://***@registry.example/ Authorization: ***')
    expect((error as Error).message).not.toMatch(/hunter2|abcdefgh|top-secret/)
  })

  it('keeps only the end of a long stderr', async () => {
    const command = await program(
      'i=0; while [ $i -lt 3000 ]; do echo "line $i" >&2; i=$((i+1)); done; exit 3',
    )
    const error = (await scan(command).catch((e: unknown) => e)) as Error
    expect(error.message.length).toBeLessThan(2000)
    expect(error.message).toContain('line 2999')
    expect(error.message).not.toContain('line 2900')
  })

  it('does not believe exit code 0 without a report, nor a signal', async () => {
    await expect(scan(await program('exit 0'))).rejects.toMatchObject({ code: 'REPORT_INVALID' })
    await expect(scan(await program('kill -9 $$'))).rejects.toMatchObject({ code: 'SCANNER_FAILED' })
  })

  it('does not believe a good report of a program that failed', async () => {
    const report = fileURLToPath(new URL('__fixtures__/trivy-0.74.0-debian.json', import.meta.url))
    const write = 'while [ $# -gt 0 ]; do [ "$1" = --output ] && out="$2"; shift; done'
    const good = await program(`${write}; cat '${report}' > "$out"`)
    await expect(scan(good)).resolves.toMatchObject({ status: 'complete' })
    await expect(scan(await program(`${write}; cat '${report}' > "$out"; exit 1`))).rejects.toMatchObject({
      code: 'SCANNER_FAILED',
    })
    await expect(scan(await program(`${write}; echo '{' > "$out"`))).rejects.toMatchObject({
      code: 'REPORT_INVALID',
    })
    await expect(scan(good, { maxReportBytes: 1000 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('kills a program that floods its report or its stderr', async () => {
    const write = 'while [ $# -gt 0 ]; do [ "$1" = --output ] && out="$2"; shift; done'
    const report = await program(`${write}; yes > "$out"`)
    await expect(scan(report, { maxReportBytes: 1000 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await expect(scan(await program('yes >&2'))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('does not believe a program that says of the canary what it says of everything', async () => {
    const report = fileURLToPath(new URL('__fixtures__/trivy-0.74.0-debian.json', import.meta.url))
    const write = 'while [ $# -gt 0 ]; do [ "$1" = --output ] && out="$2"; shift; done'
    const command = await program(`${write}; cat '${report}' > "$out"`)
    await expect(scan(command, { unsafeSkipCanary: false })).rejects.toMatchObject({
      code: 'SUBJECT_MISMATCH',
    })
  })

  it('kills the whole process group at the time limit, and leaves no files', async () => {
    const before = await temporaryFolders()
    const pidFile = join(directory, 'grandchild')
    const command = await program(`sleep 300 & echo $! > '${pidFile}'; wait`)
    const pid = () => (existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0)
    // A busy machine may start no program within half a second.
    for (let timeoutMs = 500; pid() === 0; timeoutMs *= 4) {
      await expect(scan(command, { timeoutMs })).rejects.toMatchObject({
        code: 'SCANNER_TIMEOUT',
        retryable: true,
      })
    }
    await expectGone(pid())
    expect(await temporaryFolders()).toEqual(before)
  })

  it('rejects with the reason of an abort', async () => {
    const reason = new Error('enough')
    await expect(scan('trivy', {}, AbortSignal.abort(reason))).rejects.toBe(reason)
    const controller = new AbortController()
    const started = join(directory, 'started')
    const running = scan(
      await program(`mkfifo '${started}.wait'; mkdir '${started}'; sleep 300`),
      {},
      controller.signal,
    )
    await expect.poll(() => existsSync(started)).toBe(true)
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
  })

  it('passes neither TRIVY_ variables nor the home folder on', async () => {
    process.env['TRIVY_IGNORE_UNFIXED'] = 'true'
    try {
      const error = (await scan(await program('env >&2; pwd >&2; exit 1')).catch((e: unknown) => e)) as Error
      expect(error.message).not.toContain('TRIVY_IGNORE_UNFIXED')
      expect(error.message).not.toContain(`HOME=${homedir()}\n`)
      expect(error.message).toContain('TRIVY_DISABLE_TELEMETRY=true')
    } finally {
      delete process.env['TRIVY_IGNORE_UNFIXED']
    }
  })

  it('refuses data that is missing, unreadable or too old', async () => {
    const command = await program('exit 0')
    const empty = join(directory, 'no-cache')
    await expect(scan(command, { cacheDirectory: empty })).rejects.toMatchObject({ code: 'DATA_UNAVAILABLE' })
    await mkdir(join(empty, 'db'), { recursive: true })
    await writeFile(join(empty, 'db/metadata.json'), '{}')
    await expect(scan(command, { cacheDirectory: empty })).rejects.toMatchObject({ code: 'DATA_UNAVAILABLE' })
    await expect(scan(command, { maxDataAgeMs: 23 * 3_600_000 })).rejects.toMatchObject({
      code: 'DATA_UNAVAILABLE',
      message: expect.stringContaining('24 h old, at most 23 h allowed'),
    })
  })

  it('refuses another subject than the inventory’s, and a layout without it', async () => {
    const scanner = trivyScanner({ cacheDirectory, skipDatabaseUpdate: true, unsafeSkipCanary: true })
    const other = inventoryOf([])
    await expect(scanner.scan({ ...target, inventory: other })).rejects.toMatchObject({
      code: 'SUBJECT_MISMATCH',
    })
    const layoutDirectory = join(directory, 'nowhere')
    await expect(scanner.scan({ ...target, layoutDirectory })).rejects.toMatchObject({
      code: 'SUBJECT_MISMATCH',
    })
    const forged = join(directory, 'forged')
    await cp(target.layoutDirectory, forged, { recursive: true })
    await writeFile(join(forged, 'blobs/sha256', target.subject.slice(7)), '{}')
    await expect(scanner.scan({ ...target, layoutDirectory: forged })).rejects.toMatchObject({
      code: 'SUBJECT_MISMATCH',
    })
  })

  it.each([
    [['--severity', 'CRITICAL']],
    [['--ignore-unfixed']],
    [['--vex=repo']],
    [['stray']],
    [['--parallel', '--ignorefile=x']],
    [['--db-repository', 'mirror.example/db', '--skip-dirs', '/']],
  ])('refuses arguments that hide findings: %j', (args) => {
    expect(() => trivyScanner({ args })).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
  })

  it('allows arguments about where data comes from', () => {
    expect(
      trivyScanner({ args: ['--db-repository', 'mirror.example/db', '--debug', '--parallel=1'] }).name,
    ).toBe('trivy')
  })
})

/** A killed process may be a zombie for a moment until its new parent collects it. */
async function expectGone(pid: number): Promise<void> {
  await expect
    .poll(() => {
      try {
        return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
      } catch {
        return true
      }
    })
    .toBe(true)
}

const trivy = findTrivy()
const database = join(data, 'localdb/trivy')
const status = join(data, 'pkgdb/debian12-minbase/var/lib/dpkg/status')

describe.skipIf(trivy === undefined || !existsSync(database))(
  'trivyScanner with the real program (skipped where Trivy or the data folder is absent)',
  () => {
    const cache = () => join(directory, 'real-cache')

    beforeAll(async () => {
      await cp(database, cache(), { recursive: true })
    })

    const options = () => ({ command: trivy, cacheDirectory: cache(), skipDatabaseUpdate: true })

    it('finds the 143 recorded findings in a real Debian 12, each about a package of the inventory', async () => {
      const minbase = await makeTarget('minbase', {
        'etc/os-release': debianFiles['etc/os-release'] ?? '',
        'etc/debian_version': debianFiles['etc/debian_version'] ?? '',
        'var/lib/dpkg/status': readFileSync(status, 'utf8'),
      })
      const report = await trivyScanner(options()).scan(minbase)
      const recorded = JSON.parse(
        readFileSync(join(data, 'expected/debian12-minbase-trivy-localdb.json'), 'utf8'),
      ) as readonly { readonly pkg: string; readonly id: string; readonly fixed: string }[]
      expect(recorded).toHaveLength(143)
      expect(
        report.findings
          .map(({ id, package: { name }, fix }) => `${name} ${id} ${fix.versions.join(' ')}`)
          .sort(),
      ).toEqual(recorded.map(({ pkg, id, fixed }) => `${pkg} ${id} ${fixed}`).sort())
      const purls = new Set(minbase.inventory.packages.map(({ purl }) => purl))
      expect(report.findings.every(({ package: { purl } }) => purls.has(purl))).toBe(true)
      expect(report).toMatchObject({
        subject: minbase.subject,
        status: 'complete',
        gaps: [],
        data: [{ name: 'trivy-db', updatedAt: '2020-01-01T00:00:00Z' }],
      })
    })

    it('scans several images at once', async () => {
      const scanner = trivyScanner(options())
      const reports = await Promise.all([scanner.scan(target), scanner.scan(target), scanner.scan(target)])
      expect(reports.map(({ findings }) => findings.length)).toEqual([28, 28, 28])
    })

    it('carries secrets and misconfiguration when asked for, without the secret', async () => {
      const secret = `AKIA${'IOSFODNN7EXAMPLQ'}`
      const files = {
        ...debianFiles,
        'app/.env': `AWS_ACCESS_KEY_ID=${secret}\n`,
        'app/Dockerfile': 'FROM debian\nUSER root\n',
      }
      const image = await makeTarget('weak', files)
      const weaknesses = ['secret', 'misconfiguration'] as const
      const report = await trivyScanner({ ...options(), weaknesses }).scan(image)
      expect(report.weaknesses).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            kind: 'secret',
            id: 'aws-access-key-id',
            path: '/app/.env',
            severity: 'critical',
          }),
          expect.objectContaining({ kind: 'misconfiguration', id: 'DS-0002', path: '/app/Dockerfile' }),
        ]),
      )
      expect(JSON.stringify(report)).not.toContain(secret)
      expect((await trivyScanner(options()).scan(image)).weaknesses).toBeUndefined()
    })

    it('is not believed where it does not find the canary', async () => {
      const canaries = [{ purl: 'pkg:deb/debian/openssl@3.0.9-1', expect: ['CVE-1999-0001'] }]
      await expect(trivyScanner({ ...options(), canaries }).scan(target)).rejects.toMatchObject({
        code: 'CANARY_MISSED',
        scanner: 'trivy',
      })
    })

    it('is not led astray by an ignore file or a configuration in the working folder or the layout', async () => {
      const trapped = join(directory, 'trapped')
      await cp(target.layoutDirectory, trapped, { recursive: true })
      await writeFile(join(trapped, '.trivyignore'), 'CVE-2024-28757\n')
      await writeFile(join(trapped, 'trivy.yaml'), 'severity: [CRITICAL]\n')
      const report = await trivyScanner(options()).scan({ ...target, layoutDirectory: trapped })
      expect(report.findings).toHaveLength(28)
    })

    it('fails with Trivy’s own words where the database is broken', async () => {
      const broken = join(directory, 'broken-cache')
      await mkdir(join(broken, 'db'), { recursive: true })
      await symlink(join(cache(), 'db/metadata.json'), join(broken, 'db/metadata.json'))
      await writeFile(join(broken, 'db/trivy.db'), 'no database')
      await expect(trivyScanner({ ...options(), cacheDirectory: broken }).scan(target)).rejects.toMatchObject(
        {
          code: 'SCANNER_FAILED',
          message: expect.stringMatching(/exit code 1:\n.*FATAL/s),
        },
      )
    })
  },
)
