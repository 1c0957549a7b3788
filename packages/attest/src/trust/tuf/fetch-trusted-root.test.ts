import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createSigstore, type RunningSigstore, startSigstore } from '@sallyport/testkit/sigstore'
import { MockAgent } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startScriptedService } from '../../testing/scripted-service.ts'
import { tufFiles, type TufTarget } from '../../testing/tuf-files.ts'
import { verifyBundle } from '../../verify/verify-bundle.ts'
import { combineTrustedRoots } from '../combine-trusted-roots.ts'
import { parseTrustedRoot } from '../trusted-root.ts'
import {
  type FetchedTrustedRoot,
  fetchTrustedRoot,
  type FetchTrustedRootOptions,
} from './fetch-trusted-root.ts'

type Repository = RunningSigstore['tuf']

const dayMs = 86_400_000
let folder: string
let sigstore: RunningSigstore
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fetch-trusted-root-'))
  sigstore = await startSigstore()
})
afterEach(async () => {
  await sigstore.close()
  await rm(folder, { recursive: true, force: true })
})

function fetchRoot(options: FetchTrustedRootOptions = {}): Promise<FetchedTrustedRoot> {
  return fetchTrustedRoot({
    mirrorUrl: sigstore.tufUrl,
    root: sigstore.tuf.root,
    cachePath: join(folder, 'cache'),
    retry: { attempts: 1 },
    ...options,
  })
}

const tufRequests = (): string[] => sigstore.requests.map(({ path }) => path)
const inDays = (days: number) => () => new Date(Date.now() + days * dayMs)
const digestOfRoot = (root: object): string => parseTrustedRoot(JSON.stringify(root)).digest
const publishRoot = (root: object): void =>
  sigstore.tuf.publish({ 'trusted_root.json': JSON.stringify(root) })
const replace = (from: string | RegExp, to: string) => (content: Buffer) =>
  Buffer.from(content.toString().replace(from, to))

async function cacheFile(): Promise<string> {
  const [name = ''] = await readdir(join(folder, 'cache'))
  return join(folder, 'cache', name)
}

const readCache = async (): Promise<string> => readFile(await cacheFile(), 'utf8')

async function changeCache(change: (state: { [name: string]: Record<string, string> }) => void) {
  const state = JSON.parse(await readCache()) as { [name: string]: Record<string, string> }
  change(state)
  await writeFile(await cacheFile(), JSON.stringify(state))
}

describe('fetchTrustedRoot', () => {
  it('gives the root and the signing config of a mirror whose root is pinned', async () => {
    const { root, signingConfig, ...rest } = await fetchRoot()
    expect(root.digest).toBe(digestOfRoot(sigstore.trustedRoot))
    expect(signingConfig?.caUrls.map(({ url }) => url)).toEqual([sigstore.fulcioUrl])
    expect(rest).toMatchObject({ source: 'network', warnings: [] })
    expect(rest.expires?.getTime()).toBeGreaterThan(Date.now() + 360 * dayMs)
  })

  it('sends nothing but GET requests for files of the repository', async () => {
    await fetchRoot()
    expect(sigstore.requests.map(({ service, method, body }) => [service, method, body.length])).toEqual(
      Array.from({ length: 6 }, () => ['tuf', 'GET', 0]),
    )
  })

  it('asks again only for what is new, and has roots from before in its cache', async () => {
    await fetchRoot()
    sigstore.tuf.rotateRoot()
    await fetchRoot()
    const before = tufRequests().length
    expect((await fetchRoot()).root.digest).toBe(digestOfRoot(sigstore.trustedRoot))
    expect(tufRequests().slice(before)).toEqual(['/3.root.json', '/timestamp.json'])
  })

  it('takes an address in another spelling', async () => {
    const mirrorUrl = `${sigstore.tufUrl.replace('http://', 'HTTP://')}//`
    await expect(fetchRoot({ mirrorUrl })).resolves.toMatchObject({ source: 'network' })
  })

  it('follows rotations of all keys, and what is published after them', async () => {
    await fetchRoot()
    sigstore.tuf.rotateRoot()
    sigstore.tuf.rotateRoot()
    const { trustedRoot } = createSigstore()
    publishRoot(trustedRoot)
    expect((await fetchRoot()).root.digest).toBe(digestOfRoot(trustedRoot))
  })

  it('goes on after metadata that had expired is renewed', async () => {
    sigstore.tuf.expire('timestamp')
    await expect(fetchRoot()).rejects.toMatchObject({ code: 'TUF_INVALID' })
    sigstore.tuf.publish({})
    await expect(fetchRoot()).resolves.toMatchObject({ source: 'network' })
  })

  it('keeps its cache for the user alone', async () => {
    await fetchRoot()
    expect((await stat(join(folder, 'cache'))).mode & 0o777).toBe(0o700)
    expect((await stat(await cacheFile())).mode & 0o777).toBe(0o600)
    expect(await readdir(join(folder, 'cache'))).toHaveLength(1)
  })

  it('can be called many times at once', async () => {
    const results = await Promise.all(Array.from({ length: 8 }, () => fetchRoot()))
    expect(new Set(results.map(({ root }) => root.digest)).size).toBe(1)
    await expect(fetchRoot({ offline: true })).resolves.toMatchObject({ source: 'cache' })
    expect(await readdir(join(folder, 'cache'))).toHaveLength(1)
  })

  it('believes another pinned root alone, whatever was fetched from the same mirror before', async () => {
    await fetchRoot()
    await using other = await startSigstore()
    await expect(fetchRoot({ root: other.tuf.root })).rejects.toMatchObject({ code: 'TUF_INVALID' })
    await expect(fetchRoot({ root: other.tuf.root, offline: true })).rejects.toMatchObject({
      code: 'TUF_CACHE_UNUSABLE',
    })
  })

  it('verifies signatures of several operators, beside a private root', async () => {
    const own = createSigstore({ hostname: 'own.test' })
    const { root } = await fetchRoot()
    const both = combineTrustedRoots([root, parseTrustedRoot(JSON.stringify(own.trustedRoot))])
    const bytes = Buffer.from('content')
    const verified = [sigstore, own, createSigstore()].map(({ sign }) => {
      const bundle = Buffer.from(JSON.stringify(sign({ file: bytes }).bundle))
      return verifyBundle(bundle, { bytes }, { root: both }).verified
    })
    expect(verified).toEqual([true, true, false])
  })

  it('warns of parts that end within 30 days', async () => {
    const validity = { notBefore: inDays(-1)(), notAfter: inDays(10)() }
    publishRoot(createSigstore({ validity }).trustedRoot)
    const { warnings } = await fetchRoot()
    expect(warnings).toHaveLength(4)
    expect(warnings[0]).toMatch(/^no transparency log counts after .*, in \d+ days$/)
  })

  it('rejects with the reason of its signal, and leaves the cache as it was', async () => {
    await fetchRoot()
    const cached = await readCache()
    const controller = new AbortController()
    const reason = new Error('enough')
    sigstore.setRequestHook(({ path }) => {
      if (path === '/timestamp.json') controller.abort(reason)
      return undefined
    })
    publishRoot(createSigstore().trustedRoot)
    await expect(fetchRoot({ signal: controller.signal })).rejects.toBe(reason)
    await expect(fetchRoot({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(await readCache()).toBe(cached)
  })

  it('leaves no temporary files', async () => {
    const left = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('sallyport-tuf-'))
    const before = await left()
    await fetchRoot()
    sigstore.tuf.expire('targets')
    await expect(fetchRoot()).rejects.toThrow()
    expect((await left()).filter((name) => !before.includes(name))).toEqual([])
  })
})

describe('fetchTrustedRoot, with an older root in its cache, refuses', () => {
  const wrongs: readonly [string, string, (tuf: Repository) => void][] = [
    ['a root that the old one did not sign', 'TUF_INVALID', (tuf) => tuf.rotateRoot({ signedByOld: false })],
    ['a root that has expired', 'TUF_INVALID', (tuf) => tuf.expire('root')],
    ['targets that have expired', 'TUF_INVALID', (tuf) => tuf.expire('targets')],
    ['a snapshot that has expired', 'TUF_INVALID', (tuf) => tuf.expire('snapshot')],
    ['a timestamp that has expired', 'TUF_INVALID', (tuf) => tuf.expire('timestamp')],
    [
      'a timestamp that was changed after signing',
      'TUF_INVALID',
      (tuf) => tuf.tamper('timestamp.json', replace(/"version": \d+/g, '"version": 9')),
    ],
    [
      'a snapshot of other bytes',
      'TUF_INVALID',
      (tuf) => tuf.tamper('3.snapshot.json', () => Buffer.from('{}')),
    ],
    ['targets of other bytes', 'TUF_INVALID', (tuf) => tuf.tamper('3.targets.json', () => Buffer.from('{}'))],
    [
      'a timestamp that is no JSON',
      'TUF_INVALID',
      (tuf) => tuf.tamper('timestamp.json', () => Buffer.from('<')),
    ],
    [
      'a timestamp that is too long',
      'TUF_INVALID',
      (tuf) => tuf.tamper('timestamp.json', (content) => Buffer.concat([content, Buffer.alloc(16_384, ' ')])),
    ],
    [
      'a root without end',
      'TUF_INVALID',
      (tuf) => tuf.tamper('2.root.json', () => Buffer.alloc(5 * 1024 * 1024, ' ')),
    ],
    [
      'a root that is nested too deep',
      'TUF_INVALID',
      (tuf) =>
        tuf.tamper('2.root.json', () =>
          replace('"_type"', `"x":${'['.repeat(100_000)}${']'.repeat(100_000)},"_type"`)(tuf.root),
        ),
    ],
    ['no timestamp', 'TUF_UNREACHABLE', (tuf) => tuf.tamper('timestamp.json', () => undefined)],
    ['no snapshot', 'TUF_UNREACHABLE', (tuf) => tuf.tamper('3.snapshot.json', () => undefined)],
  ]
  it.each(wrongs)('%s (%s)', async (_, code, spoil) => {
    sigstore.tuf.publish({ 'seen.txt': 'seen' })
    await fetchRoot()
    const cached = await readCache()
    sigstore.tuf.publish({ 'seen.txt': 'other' })
    spoil(sigstore.tuf)
    await expect(fetchRoot()).rejects.toMatchObject({ name: 'AttestError', code })
    expect(await readCache()).toBe(cached)
  })

  it('a timestamp older than the one seen before (TUF_INVALID)', async () => {
    sigstore.tuf.publish({ 'seen.txt': 'seen' })
    await fetchRoot()
    sigstore.tuf.rollBack()
    await expect(fetchRoot()).rejects.toMatchObject({ code: 'TUF_INVALID' })
  })

  it.each<[string, string, (content: Buffer) => Uint8Array | undefined]>([
    ['of other bytes', 'TUF_INVALID', replace('rekor', 'r3kor')],
    ['with a byte more', 'TUF_INVALID', (content) => Buffer.concat([content, Buffer.from(' ')])],
    ['that is cut off', 'TUF_INVALID', (content) => content.subarray(1)],
    ['that is missing', 'TUF_UNREACHABLE', () => undefined],
  ])('a target %s (%s)', async (_, code, change) => {
    await fetchRoot()
    publishRoot(createSigstore().trustedRoot)
    sigstore.setRequestHook(({ path }) => {
      const file = path.endsWith('.trusted_root.json') ? sigstore.tuf.file(path.slice(1)) : undefined
      if (file === undefined) return undefined
      const body = change(file)
      return body === undefined ? { status: 404 } : { status: 200, body: Buffer.from(body) }
    })
    await expect(fetchRoot()).rejects.toMatchObject({ code })
  })

  it.each<[string, string, string]>([
    ['trusted_root.json', '{}', 'TRUST_ROOT_INVALID'],
    ['signing_config.v0.2.json', '{}', 'SIGNING_CONFIG_INVALID'],
  ])('a signed %s that is none (%s)', async (name, content, code) => {
    await fetchRoot()
    const cached = await readCache()
    sigstore.tuf.publish({ [name]: content })
    await expect(fetchRoot()).rejects.toMatchObject({ code })
    expect(await readCache()).toBe(cached)
  })

  it.each([
    ['is gone', 404, false],
    ['wants a password', 401, false],
    ['leads elsewhere', 302, false],
    ['is broken', 500, true],
    ['is busy', 429, true],
  ])('a mirror that %s', async (_, status, retryable) => {
    await fetchRoot()
    sigstore.setRequestHook(() => ({ status, headers: { location: 'http://127.0.0.1:1/' } }))
    await expect(fetchRoot()).rejects.toMatchObject({ code: 'TUF_UNREACHABLE', retryable })
  })

  it('a mirror that is down or silent', async () => {
    await fetchRoot()
    sigstore.setRequestHook(() => new Promise(() => {}))
    await expect(fetchRoot({ timeoutMs: 50 })).rejects.toMatchObject({
      code: 'TUF_UNREACHABLE',
      retryable: true,
    })
    await sigstore.close()
    await expect(fetchRoot()).rejects.toMatchObject({ code: 'TUF_UNREACHABLE', retryable: true })
  })

  it('what has expired by the clock it is given', async () => {
    await fetchRoot()
    await expect(fetchRoot({ now: inDays(366) })).rejects.toMatchObject({ code: 'TUF_INVALID' })
  })
})

describe('fetchTrustedRoot, of a repository whose metadata', () => {
  async function fetchFrom(targets: Record<string, TufTarget>, content: string): Promise<FetchedTrustedRoot> {
    const files = tufFiles(targets)
    await using mirror = await startScriptedService(({ path }) => {
      const body = path.startsWith('/targets/') ? content : files.get(path.slice(1))
      return body === undefined ? { status: 404 } : { body }
    })
    return await fetchRoot({ mirrorUrl: mirror.url, root: files.get('root.json') })
  }

  it.each<[string, string, (length: number) => Record<string, TufTarget>]>([
    ['has no trusted root', 'TUF_TARGET_MISSING', () => ({})],
    ['gives no hash of it', 'TUF_INVALID', (length) => ({ 'trusted_root.json': { length, hashes: {} } })],
    [
      'gives only a hash that is broken',
      'TUF_INVALID',
      (length) => ({ 'trusted_root.json': { length, hashes: { md5: '0'.repeat(32) } } }),
    ],
  ])('%s, refuses (%s)', async (_, code, targets) => {
    const content = JSON.stringify(sigstore.trustedRoot)
    await expect(fetchFrom(targets(content.length), content)).rejects.toMatchObject({ code })
  })

  it('has no signing config, gives none', async () => {
    const content = JSON.stringify(sigstore.trustedRoot)
    const hashes = { sha256: createHash('sha256').update(content).digest('hex') }
    const fetched = await fetchFrom({ 'trusted_root.json': { length: content.length, hashes } }, content)
    expect(fetched.root.digest).toBe(digestOfRoot(sigstore.trustedRoot))
    expect(fetched.signingConfig).toBeUndefined()
  })
})

describe('fetchTrustedRoot with offline', () => {
  it('gives what was fetched before and its age, and asks nobody', async () => {
    sigstore.tuf.rotateRoot()
    const online = await fetchRoot()
    const before = tufRequests().length
    publishRoot(createSigstore().trustedRoot)
    const offline = await fetchRoot({ offline: true, now: inDays(3) })
    expect(tufRequests()).toHaveLength(before)
    expect({ ...offline, warnings: [] }).toEqual({ ...online, source: 'cache' })
    expect(offline.warnings).toEqual([expect.stringMatching(/was fetched at .*, 3 days ago$/)])
  })

  it('gives it after it has expired too, and says so', async () => {
    await fetchRoot()
    const { source, warnings } = await fetchRoot({ offline: true, now: inDays(400) })
    expect(source).toBe('cache')
    expect(warnings).toEqual([
      expect.stringMatching(/400 days ago$/),
      expect.stringMatching(/^its metadata has expired at /),
    ])
  })

  it('gives the state before a refresh that failed', async () => {
    const { root } = await fetchRoot()
    publishRoot(createSigstore().trustedRoot)
    sigstore.tuf.expire('targets')
    await expect(fetchRoot()).rejects.toThrow()
    expect((await fetchRoot({ offline: true })).root.digest).toBe(root.digest)
  })

  it('gives nothing when nothing was fetched before', async () => {
    await expect(fetchRoot({ offline: true })).rejects.toMatchObject({ code: 'TUF_CACHE_UNUSABLE' })
    expect(tufRequests()).toEqual([])
  })

  const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')
  it.each<[string, (state: { [name: string]: Record<string, string> }) => void]>([
    ['another trusted root', ({ targets }) => (targets!['trusted_root.json'] = base64({}))],
    ['no trusted root', ({ targets }) => delete targets!['trusted_root.json']],
    ['a root by a stranger', ({ roots }) => (roots!['2'] = base64({ signed: {}, signatures: [] }))],
    ['other targets metadata', ({ metadata }) => (metadata!['targets.json'] = base64({}))],
    ['no snapshot', ({ metadata }) => delete metadata!['snapshot.json']],
    ['no timestamp', ({ metadata }) => delete metadata!['timestamp.json']],
    ['a file outside its folder', ({ metadata }) => (metadata!['../x.json'] = '')],
    ['an unknown field', (state) => (state['more'] = {})],
  ])('refuses a cache with %s', async (_, change) => {
    sigstore.tuf.rotateRoot()
    await fetchRoot()
    await changeCache(change)
    await expect(fetchRoot({ offline: true })).rejects.toMatchObject({ code: 'TUF_CACHE_UNUSABLE' })
  })

  it('gives no other root, whatever byte of the cache is changed', async () => {
    const { root } = await fetchRoot()
    const file = await cacheFile()
    const cached = await readFile(file)
    const outcomes = new Set<string>()
    for (let index = 0; index < 60; index++) {
      const changed = Buffer.from(cached)
      const at = Math.floor((index * cached.length) / 60)
      changed[at] = (changed[at] ?? 0) ^ 1
      await writeFile(file, changed)
      outcomes.add(
        await fetchRoot({ offline: true }).then(
          (fetched) => fetched.root.digest,
          (error: { readonly code: string }) => error.code,
        ),
      )
    }
    // The same root is left where the byte is of no meaning, such as that of the signing config's metadata.
    expect([...outcomes].filter((outcome) => outcome !== root.digest)).toEqual(['TUF_CACHE_UNUSABLE'])
  })

  it('refuses a cache that is no JSON, also online', async () => {
    await fetchRoot()
    await writeFile(await cacheFile(), '{')
    for (const offline of [true, false])
      await expect(fetchRoot({ offline })).rejects.toMatchObject({ code: 'TUF_CACHE_UNUSABLE' })
  })

  it('has the root that came with the package for the public mirror, and says that it is old', async () => {
    const { root, source, fetchedAt, warnings } = await fetchTrustedRoot({
      cachePath: join(folder, 'cache'),
      offline: true,
      now: () => new Date('2026-11-01T00:00:00Z'),
    })
    expect({ source, fetchedAt }).toEqual({ source: 'seed', fetchedAt: undefined })
    expect(root.certificateAuthorities.map(({ url }) => url)).toContain('https://fulcio.sigstore.dev')
    expect(root.logs.map(({ validFor }) => validFor.start.toISOString())).toContain(
      '2021-01-12T11:53:27.000Z',
    )
    expect(warnings).toEqual([expect.stringMatching(/came with the package/)])
  })
})

describe('the configuration of fetchTrustedRoot', () => {
  it('has the public mirror and its seed for default', async () => {
    const agent = new MockAgent({ enableCallHistory: true })
    agent.disableNetConnect()
    agent.get('https://tuf-repo-cdn.sigstore.dev').intercept({ path: /.*/ }).reply(404, '').persist()
    await expect(
      fetchTrustedRoot({ cachePath: join(folder, 'cache'), dispatcher: agent }),
    ).rejects.toMatchObject({ code: 'TUF_UNREACHABLE' })
    const asked =
      agent
        .getCallHistory()
        ?.calls()
        .map(({ fullUrl }) => fullUrl) ?? []
    expect(asked).toEqual([
      expect.stringMatching(/^https:\/\/tuf-repo-cdn\.sigstore\.dev\/\d+\.root\.json$/),
      'https://tuf-repo-cdn.sigstore.dev/timestamp.json',
    ])
    await agent.close()
  })

  it.each<[string, FetchTrustedRootOptions]>([
    ['a mirror without a pinned root', { root: undefined }],
    ['no URL', { mirrorUrl: 'mirror' }],
    ['a URL with a password', { mirrorUrl: 'https://user:hunter2@tuf.example' }],
    ['a URL with a query', { mirrorUrl: 'https://tuf.example/?token=hunter2' }],
    ['a pinned root that is no JSON', { root: 'root' }],
    ['a pinned root that is something else', { root: JSON.stringify({ signed: { _type: 'targets' } }) }],
  ])('must not be %s', async (_, options) => {
    const error: unknown = await fetchRoot(options).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'TUF_UNCONFIGURED' })
    expect(inspect(error)).not.toContain('hunter2')
    expect(tufRequests()).toEqual([])
  })

  it('must not be plain HTTP to another machine', async () => {
    await expect(fetchRoot({ mirrorUrl: 'http://tuf.example' })).rejects.toMatchObject({
      code: 'TUF_UNREACHABLE',
    })
  })

  it('must not be a pinned root whose signature is wrong', async () => {
    const root = sigstore.tuf.root.toString().replace('"threshold": 1', '"threshold": 2')
    await expect(fetchRoot({ root })).rejects.toMatchObject({ code: 'TUF_INVALID' })
  })

  it('must not be a folder that can not be made', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(fetchRoot({ cachePath: join(folder, 'file', 'cache') })).rejects.toMatchObject({
      code: 'TUF_CACHE_UNUSABLE',
    })
  })
})
