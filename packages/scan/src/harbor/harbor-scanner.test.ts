import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestHex, digestOf, mediaTypes } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inventoryOf, packageOf } from '../internal/inventory.fixture.ts'
import type { ScanTarget } from '../ports/scanner.ts'
import { harborScanner, type HarborScannerOptions } from './harbor-scanner.ts'

interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}
interface Asked {
  readonly what: string
  readonly accept: string | undefined
  readonly authorization: string | undefined
  readonly body: unknown
}

const now = new Date('2026-06-02T00:00:00Z')
const updatedAt = '2026-06-01T00:00:00Z'
const reportType = 'application/vnd.security.vulnerability.report; version=1.1'
const metadata = {
  scanner: { name: 'Trivy', vendor: 'Aqua Security', version: '0.74.0' },
  capabilities: [
    {
      type: 'vulnerability',
      consumes_mime_types: [mediaTypes.ociManifest],
      produces_mime_types: [reportType],
    },
  ],
  properties: { 'harbor.scanner-adapter/vulnerability-database-updated-at': updatedAt },
}

/** An adapter of the API on the loopback; what it answers can be changed by path. */
class Adapter {
  readonly asked: Asked[] = []
  readonly answers = new Map<string, Answer[]>()
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#respond(request, response)
    })
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status = 200, headers = {}, body } = await this.#answer(request)
    response.writeHead(status, headers)
    response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}))
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const what = `${request.method} ${request.url}`
    const { accept, authorization } = request.headers
    this.asked.push({ what, accept, authorization, body: text === '' ? undefined : JSON.parse(text) })
    const answers = this.answers.get(what) ?? []
    return (answers.length > 1 ? answers.shift() : answers[0]) ?? { status: 404 }
  }
}

const manifest = JSON.stringify({ mediaType: mediaTypes.ociManifest, config: { digest: digestOf('config') } })
const subject = digestOf(manifest)
const inventory = inventoryOf([packageOf('deb', 'openssl', '3.0.1-1')], { subject })
const report = (digest = subject) => ({
  generated_at: '2026-06-02T00:00:00Z',
  artifact: { digest },
  scanner: { name: 'Trivy', version: '0.74.0' },
  vulnerabilities: [{ id: 'CVE-2024-1000', package: 'openssl', version: '3.0.1-1', severity: 'High' }],
})

describe('harborScanner', () => {
  let directory: string
  let adapter: Adapter
  let target: ScanTarget
  const metadataPath = 'GET /api/v1/metadata'
  const scanPath = 'POST /api/v1/scan'
  const reportPath = 'GET /api/v1/scan/job-1/report'
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-harbor-'))
    await mkdir(join(directory, 'blobs/sha256'), { recursive: true })
    await writeFile(join(directory, 'blobs/sha256', digestHex(subject)), manifest)
    target = { subject, platform: inventory.platform, inventory, layoutDirectory: directory }
    adapter = new Adapter()
    await adapter.listen()
    adapter.answers.set(metadataPath, [{ body: metadata }])
    adapter.answers.set(scanPath, [{ status: 202, body: { id: 'job-1' } }])
    adapter.answers.set(reportPath, [{ status: 302, headers: { 'refresh-after': '0' } }, { body: report() }])
  })
  afterEach(async () => {
    await adapter.close()
    await rm(directory, { recursive: true, force: true })
  })
  const create = (more: Partial<HarborScannerOptions> = {}) =>
    harborScanner({
      url: adapter.url,
      authorization: 'Bearer adapter-secret',
      registry: () => ({
        url: 'https://registry.example',
        repository: 'team/app',
        authorization: 'Basic pull-secret',
      }),
      clock: { now: () => now },
      ...more,
    })

  it('asks for a scan by digest, waits, and reads the report', async () => {
    await expect(create({ maxDataAgeMs: 48 * 3_600_000 }).scan(target)).resolves.toMatchObject({
      scanner: { name: 'harbor', version: '0.74.0' },
      subject,
      status: 'partial',
      data: [{ name: 'trivy', updatedAt }],
      findings: [{ id: 'CVE-2024-1000', package: { name: 'openssl' }, severity: 'high' }],
    })
    expect(adapter.asked.map(({ what }) => what)).toEqual([metadataPath, scanPath, reportPath, reportPath])
    expect(adapter.asked[1]?.body).toEqual({
      registry: { url: 'https://registry.example', authorization: 'Basic pull-secret' },
      artifact: { repository: 'team/app', digest: subject, mime_type: mediaTypes.ociManifest },
      enabled_capabilities: [{ type: 'vulnerability', produces_mime_types: [reportType] }],
    })
    expect(adapter.asked[2]?.accept).toBe(reportType)
    expect(new Set(adapter.asked.map(({ authorization }) => authorization))).toEqual(
      new Set(['Bearer adapter-secret']),
    )
  })

  it.each<[string, string, Answer, string]>([
    ['refuses the scan', scanPath, { status: 422, body: { error: { message: 'no' } } }, 'SCANNER_FAILED'],
    ['is not there', metadataPath, { status: 404 }, 'SCANNER_FAILED'],
    ['says that its scan failed', reportPath, { status: 500, body: {} }, 'SCANNER_FAILED'],
    ['forgot the scan', reportPath, { status: 404 }, 'SCANNER_FAILED'],
    ['answers half a report', reportPath, { body: '{"generated_at": "2026' }, 'REPORT_INVALID'],
    ['answers about another image', reportPath, { body: report(digestOf('other')) }, 'SUBJECT_MISMATCH'],
    [
      'gives no reports on vulnerabilities',
      metadataPath,
      {
        body: {
          ...metadata,
          capabilities: [{ consumes_mime_types: [], produces_mime_types: ['application/spdx+json'] }],
        },
      },
      'SCANNER_FAILED',
    ],
    [
      'gives an id that leaves its path',
      scanPath,
      { status: 202, body: { id: '../metadata' } },
      'REPORT_INVALID',
    ],
    [
      'leads elsewhere',
      metadataPath,
      { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
      'SCANNER_FAILED',
    ],
    [
      'has old data',
      metadataPath,
      {
        body: {
          ...metadata,
          properties: { 'harbor.scanner-adapter/vulnerability-database-updated-at': '2020-01-01T00:00:00Z' },
        },
      },
      'DATA_UNAVAILABLE',
    ],
    [
      'does not say how old its data is',
      metadataPath,
      { body: { ...metadata, properties: null } },
      'DATA_UNAVAILABLE',
    ],
  ])('rejects when the adapter %s', async (_, path, answer, code) => {
    adapter.answers.set(path, [answer])
    const failure = await create({ maxDataAgeMs: 48 * 3_600_000 })
      .scan(target)
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ code, scanner: 'harbor' })
    expect(JSON.stringify([String(failure), failure])).not.toContain('secret')
  })

  it('follows no adapter to another address', async () => {
    const other = new Adapter()
    await other.listen()
    try {
      other.answers.set(metadataPath, [{ body: metadata }])
      adapter.answers.set(metadataPath, [
        { status: 307, headers: { location: `${other.url}/api/v1/metadata` } },
      ])
      await expect(create().scan(target)).rejects.toMatchObject({ code: 'SCANNER_FAILED' })
      expect(other.asked).toEqual([])
    } finally {
      await other.close()
    }
  })

  it('gives up at the time limit', async () => {
    adapter.answers.set(reportPath, [{ status: 302, headers: { 'refresh-after': '300' } }])
    await expect(create({ timeoutMs: 50 }).scan(target)).rejects.toMatchObject({
      code: 'SCANNER_TIMEOUT',
      retryable: true,
    })
  })

  it('ends with the reason of an abort', async () => {
    adapter.answers.set(reportPath, [{ status: 302, headers: { 'refresh-after': '300' } }])
    const controller = new AbortController()
    const scanning = create({
      registry: () => {
        controller.abort(new Error('stop'))
        return { url: 'https://registry.example', repository: 'a' }
      },
    }).scan(target, { signal: controller.signal })
    await expect(scanning).rejects.toThrow('stop')
  })

  it.each(['ftp://a.example', 'https://user:secret@a.example', 'adapter'])(
    'refuses the address %s',
    (url) => {
      expect(() => create({ url })).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
    },
  )
})
