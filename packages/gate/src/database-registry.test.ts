import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attachSignature, generateSigningKey, keySigner, verifyImage } from '@sallyport/attest'
import { type Digest, digestOf, mediaTypes } from '@sallyport/core'
import { createRegistryClient, parseReference, type Repository, toRawManifest } from '@sallyport/oci'
import {
  buildAdvisoryDatabase,
  findAdvisoryDatabase,
  openAdvisoryDatabase,
  pullAdvisoryDatabase,
  type PullAdvisoryDatabaseOptions,
  pushAdvisoryDatabase,
} from '@sallyport/scan/database'
import { startRegistry, type TestRegistry } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const now = new Date('2026-11-26T12:00:00Z')
const clock = { now: () => now }
const hour = 3_600_000
const signer = keySigner(generateSigningKey().privateKey)
const stranger = keySigner(generateSigningKey().privateKey)

let directory: string
let registry: TestRegistry
let client: ReturnType<typeof createRegistryClient>

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-pull-'))
  registry = await startRegistry()
  client = createRegistryClient({ settleMs: 0, retry: { attempts: 1 } })
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await registry.close()
  rmSync(directory, { recursive: true })
})

const repositoryOf = (name: string): Repository =>
  client.repository(parseReference(`${registry.host}/${name}:v1`))

/** Builds a database with one advisory, so many hours ago. */
async function build(hoursAgo: number, name = 'npm-package'): Promise<string> {
  const output = join(directory, `built-${hoursAgo}.db`)
  const record = { id: 'GHSA-aaaa-bbbb-cccc', affected: [{ package: { ecosystem: 'npm', name } }] }
  await buildAdvisoryDatabase({
    inputs: [{ kind: 'records', name: 'sample', records: [record] }],
    output,
    clock: { now: () => new Date(now.getTime() - hoursAgo * hour) },
  })
  return output
}

/** Pushes and signs it; returns the digest of the manifest. */
async function publish(repository: Repository, path: string, by = signer): Promise<Digest> {
  const { digest } = await pushAdvisoryDatabase(repository, path, { tag: 'v1' })
  const { descriptor } = await repository.getManifest(digest)
  await attachSignature(repository, descriptor, by, { createdAt: now, settleMs: 0 })
  return digest
}

const verify = (digest: Digest, repository: Repository) =>
  verifyImage(repository, digest, {
    requirements: [{ kind: 'signature', by: { keys: [signer.publicKey] } }],
    clock,
  })

const installed = (): string => join(directory, 'installed')
const pull = (source: Repository, options: Partial<PullAdvisoryDatabaseOptions<Repository>> = {}) =>
  pullAdvisoryDatabase(source, { reference: 'v1', directory: installed(), verify, clock, ...options })

describe('pullAdvisoryDatabase', () => {
  it('brings what was pushed and signed, once', async () => {
    const repository = repositoryOf('team/advisories')
    const path = await build(1)
    const manifest = await publish(repository, path)
    const pulled = await pull(repository)
    expect(pulled).toEqual({
      path: join(installed(), `sha256-${digestOf(readFileSync(path)).slice(7)}.db`),
      digest: digestOf(readFileSync(path)),
      manifest,
      builtAt: '2026-11-26T11:00:00.000Z',
      from: 'registry',
      source: repository.name,
      failures: [],
    })
    using database = await openAdvisoryDatabase(pulled.path, { expectedDigest: pulled.digest, verify: true })
    expect(database.find('npm', 'npm-package')).toHaveLength(1)
    registry.clearRequests()
    expect(await pull(repository)).toEqual(pulled)
    expect(registry.requests.filter(({ digest }) => digest === pulled.digest)).toEqual([])
  })

  it('leaves it where it is found without a registry', async () => {
    expect(await findAdvisoryDatabase(installed())).toBeUndefined()
    await publish(repositoryOf('team/advisories'), await build(1))
    const { path, digest, builtAt } = await pull(repositoryOf('team/advisories'))
    expect(await findAdvisoryDatabase(installed())).toEqual({ path, digest, builtAt, verified: true })
    writeFileSync(path, 'damaged')
    expect(await findAdvisoryDatabase(installed())).toBeUndefined()
  })

  it('is safe for several at once', async () => {
    const repository = repositoryOf('team/advisories')
    await publish(repository, await build(1))
    const all = await Promise.all(Array.from({ length: 6 }, () => pull(repository)))
    expect(new Set(all.map(({ path }) => path)).size).toBe(1)
    expect(readdirSync(installed()).toSorted()).toEqual([
      'current.json',
      expect.stringMatching(/^sha256-.*\.db$/),
    ])
  })

  it.each<[string, (repository: Repository) => Promise<unknown>]>([
    ['is not signed', async (repository) => pushAdvisoryDatabase(repository, await build(1), { tag: 'v1' })],
    ['is signed by somebody else', async (repository) => publish(repository, await build(1), stranger)],
  ])('refuses a database that %s, before it is read', async (_, prepare) => {
    const repository = repositoryOf('team/advisories')
    await prepare(repository)
    await expect(pull(repository)).rejects.toMatchObject({ name: 'ScanError', code: 'DATABASE_UNVERIFIED' })
    expect(readdirSync(installed())).toEqual([])
  })

  it('wants to verify a tag, or a digest, or to be told otherwise', async () => {
    const repository = repositoryOf('team/advisories')
    const manifest = await publish(repository, await build(1))
    const options = { directory: installed(), clock }
    await expect(pullAdvisoryDatabase(repository, { reference: 'v1', ...options })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
    })
    const pulled = await pullAdvisoryDatabase(repository, { reference: manifest, ...options })
    expect(pulled.manifest).toBe(manifest)
    await pullAdvisoryDatabase(repository, { reference: 'v1', unsafeWithoutVerification: true, ...options })
  })

  it.each([
    ['is too old', 49, {}, 'DATA_UNAVAILABLE'],
    ['is older than asked for', 3, { maxAgeMs: 2 * hour }, 'DATA_UNAVAILABLE'],
    ['was built in the future', -2, {}, 'DATABASE_INVALID'],
    ['is larger than allowed', 1, { maxBytes: 10 }, 'LIMIT_EXCEEDED'],
  ])('refuses a database that %s', async (_, hoursAgo, options, code) => {
    const repository = repositoryOf('team/advisories')
    await publish(repository, await build(hoursAgo))
    await expect(pull(repository, options)).rejects.toMatchObject({ code })
    expect(readdirSync(installed())).toEqual([])
  })

  it('refuses an older build than the one that is there, unless asked to', async () => {
    const repository = repositoryOf('team/advisories')
    const newer = await publish(repository, await build(1))
    await pull(repository)
    const older = await publish(repository, await build(5))
    await expect(pull(repository)).rejects.toMatchObject({ code: 'DATABASE_OLDER' })
    expect(await pull(repository, { reference: newer })).toMatchObject({ manifest: newer })
    expect(await pull(repository, { allowOlder: true })).toMatchObject({ manifest: older })
  })

  it('takes the newer one, and removes in time what nobody uses', async () => {
    const repository = repositoryOf('team/advisories')
    const paths: string[] = []
    for (const hoursAgo of [5, 4, 3]) {
      await publish(repository, await build(hoursAgo))
      const { path } = await pull(repository)
      utimesSync(path, now, new Date(0))
      paths.push(path)
    }
    expect(readdirSync(installed()).map((name) => join(installed(), name))).toEqual(
      expect.arrayContaining(paths.slice(1)) as string[],
    )
    expect(readdirSync(installed())).toHaveLength(3)
  })

  it('asks the mirrors in their order, and says why each failed', async () => {
    const mirror = repositoryOf('mirror/advisories')
    await publish(mirror, await build(1))
    const [empty, wrong] = [repositoryOf('team/advisories'), repositoryOf('wrong/advisories')]
    await publish(wrong, await build(2), stranger)
    const pulled = await pull(empty, { mirrors: [wrong, mirror] })
    expect(pulled).toMatchObject({
      source: mirror.name,
      failures: [
        { source: empty.name, code: 'MANIFEST_NOT_FOUND' },
        { source: wrong.name, code: 'DATABASE_UNVERIFIED' },
      ],
    })
    await expect(
      pull(empty, { mirrors: [wrong], directory: join(directory, 'empty') }),
    ).rejects.toMatchObject({
      code: 'DATABASE_UNVERIFIED',
      message: expect.stringMatching(/team\/advisories: .*; .*wrong\/advisories: /) as string,
    })
  })

  it('uses what is there while no registry can be reached, as long as it is young enough', async () => {
    const repository = repositoryOf('team/advisories')
    const path = await build(1)
    await publish(repository, path)
    const pulled = await pull(repository)
    registry.setRequestHook(() => ({ type: 'respond', status: 503 }))
    expect(await pull(repository)).toMatchObject({
      path: pulled.path,
      from: 'folder',
      failures: [{ source: repository.name }],
    })
    await expect(pull(repository, { maxAgeMs: hour / 2 })).rejects.toMatchObject({
      code: 'DATA_UNAVAILABLE',
      retryable: true,
    })
    await expect(pull(repository, { directory: join(directory, 'empty') })).rejects.toMatchObject({
      code: 'DATA_UNAVAILABLE',
    })
    const other = digestOf('other')
    await expect(pull(repository, { reference: other })).rejects.toMatchObject({ code: 'DATA_UNAVAILABLE' })
  })

  it('does not use what was never verified, nor what is damaged, when no registry can be reached', async () => {
    const repository = repositoryOf('team/advisories')
    await publish(repository, await build(1))
    const unverified = { verify: undefined, unsafeWithoutVerification: true }
    const { path } = await pull(repository, unverified)
    registry.setRequestHook(() => ({ type: 'respond', status: 503 }))
    expect(await pull(repository, unverified)).toMatchObject({ from: 'folder' })
    await expect(pull(repository)).rejects.toMatchObject({ code: 'DATA_UNAVAILABLE' })
    writeFileSync(path, readFileSync(path).subarray(0, -1))
    await expect(pull(repository, unverified)).rejects.toMatchObject({ code: 'DATA_UNAVAILABLE' })
  })

  it('brings a damaged file again', async () => {
    const repository = repositoryOf('team/advisories')
    await publish(repository, await build(1))
    const { path, digest } = await pull(repository)
    writeFileSync(path, 'text')
    await pull(repository)
    expect(digestOf(readFileSync(path))).toBe(digest)
  })

  it('refuses what is no database', async () => {
    const repository = repositoryOf('team/advisories')
    const config = Buffer.from('{}')
    const empty = { mediaType: mediaTypes.ociEmpty, digest: digestOf(config), size: 2 }
    await repository.write(
      empty,
      (async function* () {
        yield config
      })(),
    )
    const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: empty, layers: [empty] }
    await repository.putManifest(toRawManifest(Buffer.from(JSON.stringify(manifest))), { tag: 'v1' })
    await expect(pull(repository)).rejects.toMatchObject({ code: 'DATABASE_INVALID' })
    const other = join(directory, 'other.db')
    copyFileSync(import.meta.filename, other)
    await expect(pushAdvisoryDatabase(repository, other, { tag: 'v2' })).rejects.toMatchObject({
      code: 'DATABASE_INVALID',
    })
  })

  it('notices a source that gives other bytes than its manifest says', async () => {
    const repository = repositoryOf('team/advisories')
    const manifest = await publish(repository, await build(1))
    const lying = (content: readonly Uint8Array[]) => ({
      name: 'liar',
      getManifest: (reference: string) => repository.getManifest(reference),
      async *open() {
        yield* content
      },
    })
    for (const content of [[], [Buffer.from('text')], [Buffer.alloc(1_000_000)]]) {
      await expect(
        pullAdvisoryDatabase(lying(content), { reference: manifest, directory: installed(), clock }),
      ).rejects.toMatchObject({ code: 'DATABASE_INVALID' })
    }
    expect(readdirSync(installed())).toEqual([])
  })

  it('ends with the reason of its signal', async () => {
    const signal = AbortSignal.abort('enough')
    await expect(pull(repositoryOf('team/advisories'), { signal })).rejects.toBe('enough')
  })
})
