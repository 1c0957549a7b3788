import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Distro } from '@sallyport/inventory'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  packagesOfTrivy,
  packageTypeOf,
  recordedFindings,
  recordedSets,
} from '../builtin/trivy-fixtures.fixture.ts'
import { inventoryOf, packageOf, subject } from '../internal/inventory.fixture.ts'
import { findTrivy } from './find-trivy.fixture.ts'
import { familyOf } from './package-types.ts'
import { trivyServerScanner } from './server-scanner.ts'
import type { TrivyServerScannerOptions } from './server-options.ts'
import { toBlobInfo } from './to-blob-info.ts'

const clock = { now: () => new Date('2026-11-26T00:00:00Z') }
const inventory = inventoryOf([packageOf('deb', 'libexpat1', '2.5.0-1', { arch: 'amd64' })])
const target = { subject, platform: inventory.platform, inventory, layoutDirectory: '/nowhere' }
const version = {
  Version: '0.74.0',
  VulnerabilityDB: { Version: 2, UpdatedAt: '2026-11-25T00:00:00Z', NextUpdate: '2026-11-26T00:00:00Z' },
}

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void
const json = (response: ServerResponse, value: unknown, status = 200) => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(typeof value === 'string' ? value : JSON.stringify(value))
}

/** A server that stands in for a broken one of Trivy: it answers as one but for the paths in `answers`. */
async function serve(answers: Readonly<Record<string, Answer>>) {
  const seen: { readonly url: string; readonly token: unknown; readonly body: string }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      const url = request.url ?? ''
      seen.push({ url, token: request.headers['trivy-token'], body })
      const method = url.split('/').at(-1) ?? ''
      const answer = answers[method]
      if (answer !== undefined) answer(request, response, body)
      else json(response, method === 'version' ? version : {})
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address() as { readonly port: number }
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

const scannerOf = (url: string, options: TrivyServerScannerOptions = {}) =>
  trivyServerScanner({ server: { url, token: 'a-secret-token' }, unsafeSkipCanary: true, clock, ...options })

/** The answer of a server that judged all that it was given, and found nothing. */
const judged =
  (change: (result: Record<string, unknown>) => unknown = (result) => result): Answer =>
  (_request, response) =>
    json(response, {
      os: { family: 'debian', name: '12', eosl: false },
      results: [change({ target: 'x', class: 'os-pkgs', type: 'debian', packages: [], vulnerabilities: [] })],
    })

describe('trivyServerScanner with a server that fails', () => {
  const failing = async (
    answers: Readonly<Record<string, Answer>>,
    options: TrivyServerScannerOptions = {},
  ) => {
    await using server = await serve(answers)
    return await scannerOf(server.url, options)
      .scan(target)
      .catch((error: unknown) => error)
  }

  it.each<[string, string, Record<string, Answer>]>([
    ['SCANNER_FAILED', 'no such service', { version: (_, response) => json(response, 'none', 404) }],
    ['REPORT_INVALID', 'the version of something else', { version: (_, response) => json(response, '{}') }],
    ['REPORT_INVALID', 'half a JSON', { Scan: (_, response) => json(response, '{"results":[{"targ') }],
    ['REPORT_INVALID', 'JSON of another kind', { Scan: (_, response) => json(response, { hello: 1 }) }],
    [
      'REPORT_INVALID',
      'no package although it was given some: it did not understand the question',
      { Scan: (_, response) => json(response, { os: { family: 'debian' }, results: [] }) },
    ],
    ['REPORT_INVALID', 'the packages of nobody', { Scan: judged() }],
    [
      'SUBJECT_MISMATCH',
      'packages that it was not given',
      { Scan: judged((result) => ({ ...result, packages: [{ id: 'libc6@2.36' }] })) },
    ],
    [
      'SUBJECT_MISMATCH',
      'vulnerabilities of packages that it was not given',
      {
        Scan: judged((result) => ({
          ...result,
          vulnerabilities: [{ vulnerability_id: 'CVE-2024-0001', pkg_id: 'other' }],
        })),
      },
    ],
    [
      'DATA_UNAVAILABLE',
      'that it has no database',
      { version: (_, response) => json(response, { Version: '0.74.0' }) },
    ],
    [
      'LIMIT_EXCEEDED',
      'an answer without end',
      { Scan: (_, response) => json(response, ' '.repeat(100_000)) },
    ],
    [
      'SCANNER_FAILED',
      'with an end in the middle',
      {
        Scan(_, response) {
          response.writeHead(200, { 'content-length': '100' })
          response.write('{')
          response.socket?.end()
        },
      },
    ],
  ])('rejects with %s when it answers %s', async (code, _, answers) => {
    expect(await failing(answers, { maxReportBytes: 50_000 })).toMatchObject({ code, scanner: 'trivy' })
  })

  it('rejects with its words, and never the token, when it refuses', async () => {
    const error = await failing({
      PutBlob: (request, response) =>
        json(
          response,
          { code: 'unauthenticated', msg: `invalid token ${String(request.headers['trivy-token'])}` },
          401,
        ),
    })
    expect(error).toMatchObject({ code: 'SCANNER_FAILED', retryable: false })
    expect((error as Error).message).toContain('unauthenticated, invalid token ***')
  })

  it('follows no redirect, so the token goes nowhere else', async () => {
    await using other = await serve({})
    await using server = await serve({
      PutBlob(_, response) {
        response.writeHead(307, { location: other.url })
        response.end()
      },
    })
    await expect(scannerOf(server.url).scan(target)).rejects.toMatchObject({ code: 'SCANNER_FAILED' })
    expect(other.seen).toEqual([])
    expect(server.seen.find(({ url }) => url.endsWith('/PutBlob'))?.token).toBe('a-secret-token')
  })

  it('ends at the time limit, and with the reason of an abort', async () => {
    await using server = await serve({ Scan: () => undefined })
    await expect(scannerOf(server.url, { timeoutMs: 300 }).scan(target)).rejects.toMatchObject({
      code: 'SCANNER_TIMEOUT',
      retryable: true,
    })
    const reason = new Error('enough')
    const controller = new AbortController()
    const scans = () => server.seen.filter(({ url }) => url.endsWith('/Scan')).length
    // None where the time was over before it came to that.
    const before = scans()
    const running = scannerOf(server.url).scan(target, { signal: controller.signal })
    await expect.poll(scans).toBe(before + 1)
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
  })

  it('refuses data that is too old, and a database that changes during the scan', async () => {
    expect(await failing({}, { maxDataAgeMs: 3_600_000 })).toMatchObject({ code: 'DATA_UNAVAILABLE' })
    let asked = 0
    const changing: Answer = (_, response) => {
      const UpdatedAt = `2026-11-2${++asked}T00:00:00Z`
      json(response, { ...version, VulnerabilityDB: { Version: 2, UpdatedAt } })
    }
    expect(await failing({ version: changing, Scan: judged() })).toMatchObject({
      code: 'SCANNER_FAILED',
      retryable: true,
    })
  })

  it('does not believe one that says "nothing found" of the canary', async () => {
    const echo: Answer = (_request, response) => json(response, { os: null, results: [] })
    expect(await failing({ Scan: echo }, { unsafeSkipCanary: false })).toMatchObject({
      code: 'REPORT_INVALID',
    })
  })

  it('takes back what it gave the server, whatever happens', async () => {
    await using server = await serve({ Scan: (_, response) => json(response, 'broken', 500) })
    await expect(scannerOf(server.url).scan(target)).rejects.toMatchObject({ code: 'SCANNER_FAILED' })
    const idsOf = (method: string) => server.seen.filter(({ url }) => url.endsWith(`/${method}`))
    const [put] = idsOf('PutBlob')
    const [deleted] = idsOf('DeleteBlobs')
    const { diff_id: blob } = JSON.parse(put?.body ?? '{}') as { readonly diff_id: string }
    expect(JSON.parse(deleted?.body ?? '{}')).toEqual({ blob_ids: [blob] })
  })

  it.each([
    ['no address', 'trivy.example'],
    ['credentials in the address', 'http://user:secret@trivy.example'],
    ['a query', 'http://trivy.example/?token=secret'],
    ['another protocol', 'ftp://trivy.example'],
  ])('refuses %s', (_, url) => {
    expect(() => scannerOf(url)).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
  })

  it('names a server that is not there, and a program that is not there or ends at once', async () => {
    const gone = await serve({})
    await gone[Symbol.asyncDispose]()
    await expect(scannerOf(gone.url).scan(target)).rejects.toMatchObject({
      code: 'SCANNER_FAILED',
      retryable: true,
    })
    const cacheDirectory = await mkdtemp(join(tmpdir(), 'sallyport-test-'))
    try {
      await cp(new URL('__fixtures__', import.meta.url), join(cacheDirectory, 'db'), { recursive: true })
      await writeFile(
        join(cacheDirectory, 'db/metadata.json'),
        '{"Version":2,"UpdatedAt":"2026-11-25T00:00:00Z"}',
      )
      const program = join(cacheDirectory, 'ends')
      await writeFile(program, '#!/bin/sh\necho "FATAL $TRIVY_TOKEN" >&2; exit 1\n', { mode: 0o755 })
      const start = async (command: string) => {
        const server = { command, cacheDirectory, skipDatabaseUpdate: true }
        await using scanner = trivyServerScanner({ server, clock })
        return await scanner.scan(target).catch((error: unknown) => error as Error)
      }
      expect(await start('/no/such/program')).toMatchObject({ code: 'SCANNER_MISSING' })
      expect(await start(program)).toMatchObject({
        code: 'SCANNER_FAILED',
        message: expect.stringMatching(/ended with exit code 1:\nFATAL \*\*\*$/),
      })
      const server = { command: program, cacheDirectory: '/nowhere', skipDatabaseUpdate: true }
      await using scanner = trivyServerScanner({ server, clock })
      await expect(scanner.scan(target)).rejects.toMatchObject({ code: 'DATA_UNAVAILABLE' })
    } finally {
      await rm(cacheDirectory, { recursive: true, force: true })
    }
  })
})

describe('toBlobInfo', () => {
  const sent = (packages: Parameters<typeof inventoryOf>[0], distro?: Distro) =>
    toBlobInfo(inventoryOf(packages, distro && { distro }), { trivyVersion: '0.74.0', nonce: 'n' })

  it('takes versions apart as Trivy keeps them', () => {
    const { blobInfo } = sent([
      packageOf('deb', 'bsdutils', '1:2.38.1-5+deb12u3', {
        source: { name: 'util-linux', version: '2.38.1-5' },
      }),
      packageOf('deb', 'native', '1.0'),
      packageOf('apk', 'musl', '1.2.5-r0'),
      packageOf('rpm', 'bash', '4.4.20-4.el8'),
    ])
    expect(blobInfo).toMatchObject({
      os: { family: 'debian', name: '12' },
      package_infos: [
        {
          packages: [
            { epoch: 1, version: '2.38.1', release: '5+deb12u3', src_name: 'util-linux', src_epoch: 0 },
            { epoch: 0, version: '1.0', release: '' },
            { version: '1.2.5-r0', release: '' },
            { version: '4.4.20', release: '4.el8', src_name: 'bash' },
          ],
        },
      ],
    })
  })

  it('leaves language packages of a system package to the distribution', () => {
    const { packages } = sent([
      packageOf('pypi', 'pip', '23.0', { ownedBy: 'pkg:deb/debian/python3-pip@23.0' }),
      packageOf('pypi', 'flask', '1.0'),
    ])
    expect([...packages.values()].map(({ name }) => name)).toEqual(['flask'])
  })

  it('sends language packages that a package of another maker brought, as nobody else judges them', () => {
    const packageBy = (name: string, vendor: string) =>
      packageOf('rpm', name, '1-1', { rpm: { requires: [], provides: [], vendor } })
    const owners = [packageBy('own', 'Red Hat, Inc.'), packageBy('foreign', 'Example Ltd.')]
    const { packages } = sent(
      [
        packageOf('npm', 'a', '1.0.0', { ownedBy: owners[0]!.purl }),
        packageOf('npm', 'b', '1.0.0', { ownedBy: owners[1]!.purl }),
        ...owners,
      ],
      { id: 'rhel', versionId: '9.4', idLike: [] },
    )
    expect([...packages.values()].map(({ name }) => name)).toEqual(['b', 'own', 'foreign'])
  })

  it('says what the interface has no words for', () => {
    const rpm = { requires: [], provides: [], modularityLabel: 'nodejs:18:1:a' }
    const rhel = { id: 'rhel', versionId: '8.9', idLike: [] }
    const { gaps } = sent([packageOf('rpm', 'nodejs', '18-1', { rpm }), packageOf('conda', 'x', '1')], rhel)
    expect(gaps.map(({ code }) => code)).toEqual(['LOSSY_INPUT', 'LOSSY_INPUT', 'NO_ADVISORIES'])
  })

  it.each([
    ['opensuse-leap', '0.74.0', 'opensuse-leap'],
    ['opensuse-leap', '0.57.1', 'opensuse.leap'],
    ['sles', '0.40.0', 'suse linux enterprise server'],
    ['sles', 'dev', undefined],
    ['debian', 'dev', 'debian'],
    ['rhel', '0.40.0', 'redhat'],
    ['unheard-of', '0.74.0', undefined],
  ])('calls %s for Trivy %s %s', (id, trivyVersion, family) => {
    expect(familyOf({ id, idLike: [] }, trivyVersion)).toBe(family)
  })
})

const data = new URL('../../../../../shared/data/scan/', import.meta.url)
const trivy = findTrivy()
const read = (path: string): string => readFileSync(new URL(path, data), 'utf8')

describe.skipIf(trivy === undefined || !existsSync(data))(
  'trivyServerScanner with the real server and the advisories of Trivy’s own tests (skipped where Trivy or the data folder is absent)',
  () => {
    let directory = ''
    let scanner: ReturnType<typeof trivyServerScanner>

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'sallyport-test-'))
      await cp(new URL('localdb/trivy-fixtures', data), directory, { recursive: true })
      const server = { command: trivy, cacheDirectory: directory, skipDatabaseUpdate: true }
      scanner = trivyServerScanner({ server, unsafeSkipCanary: true })
    })
    afterAll(async () => {
      await scanner[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    })

    it.each(recordedSets)(
      '%s: exactly the findings that Trivy recorded',
      async (report, packages, count, distro) => {
        const list = packagesOfTrivy(
          packageTypeOf(distro),
          read(`expected/trivy-os-packages/${packages}.json.golden`),
        )
        const own = inventoryOf(list, { distro })
        const { findings, gaps } = await scanner.scan({ ...target, inventory: own })
        const recorded = recordedFindings(read(`reports/trivy/${report}.json.golden`))
        expect(recorded).toHaveLength(count)
        expect(
          findings
            .map(({ id, package: { name, version: installed }, fix }) =>
              [id, name, installed, fix.versions.join(', '), fix.state].join(' '),
            )
            .sort(),
        ).toEqual(recorded)
        expect(gaps.filter(({ code }) => code === 'NO_PACKAGES' || code === 'DISTRO_UNKNOWN')).toEqual([])
      },
    )
  },
)
