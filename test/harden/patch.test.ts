import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type DebSource, httpMirror, type MirrorReader, patchImage } from '@sallyport/harden/patch'
import { builtinScanner } from '@sallyport/scan'
import { hasRecords, readRecords } from '@sallyport/test-accuracy'
import { unpackImage } from '@sallyport/test-images'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AptMirror, openAptMirror } from './apt-mirror.ts'
import { compareWithDpkg } from './compare-with-dpkg.ts'
import { examineImage } from './examine-image.ts'
import { openRealImage } from './open-real-image.ts'

/** Images of a point release as it was on its day: updates since then are in the archive only. */
const names = ['nginx', 'redis', 'postgresql'] as const

let directory: string
let mirror: AptMirror
let keyring: Uint8Array
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-patch-'))
  mirror = await openAptMirror(join(directory, 'packages'))
  keyring = await readFile('/usr/share/keyrings/debian-archive-keyring.gpg')
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const sourcesOf = (reader: MirrorReader): readonly DebSource[] =>
  mirror.suites.map((suite) => ({ type: 'deb', mirror: reader, suite, components: ['main'], keyring }))

describe.each(names)('%s of an older point release', (name) => {
  it('is patched from the archive, and does what it did', async () => {
    const opened = await openRealImage(name, directory)
    await using before = opened.image
    const scanner = builtinScanner({ advisories: hasRecords ? readRecords() : [] })
    const was = await examineImage(name, opened, scanner, directory)
    const result = await patchImage(before, opened.inventory, { sources: sourcesOf(mirror), directory })
    await using after = result.image!
    const { report } = result
    const patched = report.packages.filter(({ state }) => state === 'patched')
    expect(patched.length).toBeGreaterThan(0)
    const refused = report.packages.filter(({ state }) => state === 'refused')
    // Its scripts build the bundle of certificates.
    expect(refused.map(({ name: own }) => own)).toEqual(
      opened.inventory.packages.some((one) => one.name === 'ca-certificates' && one.type === 'deb')
        ? ['ca-certificates']
        : [],
    )
    expect(report.invariants.filter(({ holds }) => !holds)).toEqual([])

    const is = await examineImage(name, { image: after, inventory: result.inventory! }, scanner, directory)
    expect(is.answers).toBe(was.answers)
    expect(is.complaints.filter((line) => !was.complaints.includes(line))).toEqual([])
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
    const again = await patchImage(after, result.inventory!, { sources: sourcesOf(mirror), directory })
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
      sources: sourcesOf(own),
      only: opened.inventory.packages.map(({ name }) => name).filter((name) => name !== 'ca-certificates'),
      directory,
    })
    await using after = image!
    expect(await compareWithDpkg(before, after, packages, directory)).toEqual([])
  })
})

describe('what repairs the findings of a scan', () => {
  it.skipIf(!hasRecords)('is taken over http, and the findings are gone', async () => {
    const opened = await openRealImage('nginx', directory)
    await using before = opened.image
    const scanner = builtinScanner({ advisories: readRecords() })
    const scan = async (image: typeof before, inventory: typeof opened.inventory) => {
      const { digest: subject } = image.raw.descriptor
      const { platform } = inventory
      return (await scanner.scan({ subject, platform, inventory, layoutDirectory: image.layoutDirectory }))
        .findings
    }
    const findings = await scan(before, opened.inventory)
    await using server = await serve(mirror)
    const result = await patchImage(before, opened.inventory, {
      sources: sourcesOf(httpMirror(server.url)),
      findings,
      directory,
    })
    await using after = result.image!
    const left = new Set(
      (await scan(after, result.inventory!)).map(({ id, package: one }) => `${one.type} ${one.name} ${id}`),
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
      patchImage(image, opened.inventory, { sources: sourcesOf(tampered), directory }),
    ).rejects.toMatchObject({ code })
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
