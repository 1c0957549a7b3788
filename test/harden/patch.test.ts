import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { httpMirror, type MirrorReader, patchImage } from '@sallyport/harden/patch'
import type { Scanner } from '@sallyport/scan'
import { unpackImage } from '@sallyport/test-images'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AptMirror, openAptMirror } from './apt-mirror.ts'
import { compareWithDpkg } from './compare-with-dpkg.ts'
import { debianSources } from './debian-sources.ts'
import { examineImage, scanImage } from './examine-image.ts'
import { genuineScanner } from './genuine-scanner.ts'
import { openRealImage } from './open-real-image.ts'

/** Of a point release as it was on its day, and not hardened: updates since then are in the archive only. */
const names = ['postgresql'] as const

let directory: string
let mirror: AptMirror
let scanner: Scanner
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-patch-'))
  mirror = await openAptMirror(join(directory, 'packages'))
  scanner = await genuineScanner(mirror, directory)
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const sourcesOf = (reader: MirrorReader) => debianSources(mirror, reader)

describe.each(names)('%s of an older point release', (name) => {
  it('is patched from the archive, and does what it did', async () => {
    const opened = await openRealImage(name, directory)
    await using before = opened.image
    const was = await examineImage(name, opened, scanner, directory)
    const result = await patchImage(before, opened.inventory, { sources: await sourcesOf(mirror), directory })
    await using after = result.image!
    const { report } = result
    const patched = report.packages.filter(({ state }) => state === 'patched')
    expect(patched.length).toBeGreaterThan(0)
    const refused = report.packages.filter(({ state }) => state === 'refused')
    // A trigger of postgresql-common builds indexes of what they hold.
    expect(refused.map(({ name: own }) => own)).toEqual(['postgresql-15', 'postgresql-client-15'])
    for (const { reason } of refused)
      expect(reason).toContain('postgresql-common builds something by a script')
    expect(report.invariants.filter(({ holds }) => !holds)).toEqual([])

    const is = await examineImage(name, { image: after, inventory: result.inventory! }, scanner, directory)
    expect(is.answers).toBe(was.answers)
    const leftOut = report.packages.flatMap((one) => one.leftOut ?? [])
    const complaints = is.complaints.filter((line) => !was.complaints.includes(line))
    expect(complaints.filter((line) => !leftOut.some((path) => line.endsWith(` ${path}`)))).toEqual([])
    const open = new Set(is.findings.map(({ id, package: { purl } }) => `${purl} ${id}`))
    const known = new Set(was.findings.map(({ id, package: one }) => `${one.name} ${id}`))
    expect(is.findings.filter(({ id, package: one }) => !known.has(`${one.name} ${id}`))).toEqual([])
    expect([...open].filter((one) => patched.some(({ purl }) => one.startsWith(`${purl} `)))).toEqual([])

    const root = join(directory, `root-${name}`)
    await unpackImage(after.layoutDirectory, root)
    await promisify(execFile)('apt-get', [
      'check',
      '-o',
      `Dir::State::status=${root}/var/lib/dpkg/status`,
      '-o',
      `Dir::Cache=${root}/tmp`,
      '-o',
      'Debug::NoLocking=1',
    ])
    const again = await patchImage(after, result.inventory!, { sources: await sourcesOf(mirror), directory })
    expect(again.image === undefined).toBe(true)
    console.log(
      `${name}: ${patched.length} patched, ${refused.length} refused, findings ${was.findings.length} → ${is.findings.length}`,
    )
  })
})

describe('compared with dpkg', () => {
  it('nginx has the same files and the same database', async () => {
    const opened = await openRealImage('nginx', directory)
    await using before = opened.image
    const packages = join(directory, 'packages-of-nginx')
    const own = await openAptMirror(packages)
    const { image } = await patchImage(before, opened.inventory, {
      sources: await sourcesOf(own),
      only: opened.inventory.packages.map(({ name }) => name).filter((name) => name !== 'ca-certificates'),
      directory,
    })
    await using after = image!
    expect(await compareWithDpkg(before, after, packages, directory)).toEqual([])
  })
})

describe('what repairs the findings of a scan', () => {
  it('is taken over http, and the findings are gone', async () => {
    const opened = await openRealImage('nginx', directory)
    await using before = opened.image
    const findings = await scanImage(opened, scanner)
    await using server = await serve(mirror)
    const result = await patchImage(before, opened.inventory, {
      sources: await sourcesOf(httpMirror(server.url)),
      findings,
      directory,
    })
    await using after = result.image!
    const left = new Set(
      (await scanImage({ image: after, inventory: result.inventory! }, scanner)).map(
        ({ id, package: one }) => `${one.type} ${one.name} ${id}`,
      ),
    )
    const patched = result.report.findings.filter(({ state }) => state === 'patched')
    expect(patched.length).toBeGreaterThan(0)
    const nameOf = (purl: string) => opened.inventory.packages.find((one) => one.purl === purl)!
    expect(
      patched.filter(({ id, purl }) => left.has(`${nameOf(purl).type} ${nameOf(purl).name} ${id}`)),
    ).toEqual([])
    console.log(
      Object.entries(Object.groupBy(result.report.findings, ({ state }) => state))
        .map(([state, list]) => `${state}: ${list.length}`)
        .join(', '),
    )
  })

  it.each<[string, (path: string, bytes: Buffer) => Buffer, string]>([
    [
      'release file',
      (path, bytes) => (path.endsWith('InRelease') ? flip(bytes, 600) : bytes),
      'SIGNATURE_INVALID',
    ],
    ['index', (path, bytes) => (path.endsWith('Packages') ? flip(bytes, 600) : bytes), 'CHECKSUM_MISMATCH'],
    ['package', (path, bytes) => (path.endsWith('.deb') ? flip(bytes, 600) : bytes), 'CHECKSUM_MISMATCH'],
  ])('is refused when the mirror changes a bit of the %s', async (_title, change, code) => {
    const opened = await openRealImage('nginx', directory)
    await using image = opened.image
    const tampered: MirrorReader = {
      async *read(path, options) {
        const chunks: Uint8Array[] = []
        for await (const chunk of mirror.read(path, options)) chunks.push(chunk)
        yield change(path, Buffer.concat(chunks))
      },
    }
    await expect(
      patchImage(image, opened.inventory, { sources: await sourcesOf(tampered), directory }),
    ).rejects.toMatchObject({ code })
  })

  it('is refused when the mirror shows an index that is older than one seen before', async () => {
    const opened = await openRealImage('nginx', directory)
    await using image = opened.image
    const sources = await sourcesOf(mirror)
    // As if this index had been seen, and the mirror went back since.
    const lastSeen = { [mirror.suites.at(-1)!]: new Date().toISOString() }
    await expect(patchImage(image, opened.inventory, { sources, lastSeen, directory })).rejects.toMatchObject(
      { code: 'INDEX_ROLLED_BACK' },
    )
  })
})

function flip(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes)
  changed[at]! ^= 1
  return changed
}

async function serve(reader: MirrorReader): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    void (async () => {
      try {
        for await (const chunk of reader.read(request.url!.slice(1), { maxBytes: Number.MAX_SAFE_INTEGER }))
          response.write(chunk)
        response.end()
      } catch {
        if (!response.headersSent) response.writeHead(404)
        response.end()
      }
    })()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}
