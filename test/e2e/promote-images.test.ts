import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, formatPlatform, isIndexMediaType, type RawManifest } from '@sallyport/core'
import {
  type Journal,
  promote,
  type PromotionOutcome,
  sqliteJournal,
  sqliteQuarantine,
} from '@sallyport/gate'
import { openImage } from '@sallyport/image'
import { createInventory, type Inventory } from '@sallyport/inventory'
import {
  copyImage,
  createRegistryClient,
  openLayout,
  parseIndex,
  parseManifest,
  parseReference,
  type RegistryClient,
  type Repository,
} from '@sallyport/oci'
import { imageLayout, type ImageName, imageNames, smokeTest, unpackImage } from '@sallyport/test-images'
import { type RunningRegistry, startDockerRegistry, startOlareg } from '@sallyport/test-tools'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGate } from './gate.ts'
import { runTool } from './run-tool.ts'

type Passed = Extract<PromotionOutcome, { verdict: 'pass' }>

let directory: string
let build: RunningRegistry
let production: RunningRegistry
let client: RegistryClient
let journal: Journal
let gate: Awaited<ReturnType<typeof createGate>>
const login = { username: 'builder', password: 'correct horse' }

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-e2e-'))
  build = await startDockerRegistry({ directory: join(directory, 'build'), htpasswd: login })
  production = await startOlareg({ directory: join(directory, 'production') })
  client = createRegistryClient({
    credentials: {
      find: async ({ registry }) => (registry === build.host ? { type: 'password', ...login } : undefined),
    },
  })
  journal = sqliteJournal(join(directory, 'journal.db'))
  gate = await createGate(undefined, new Date().toISOString())
  await writeFile(join(directory, 'evidence.pub'), gate.keys.evidence.publicKey)
  await writeFile(join(directory, 'release.pub'), gate.keys.release.publicKey)
})

afterAll(async () => {
  await journal?.[Symbol.asyncDispose]()
  await client?.close()
  await build?.stop()
  await production?.stop()
  if (directory) await rm(directory, { recursive: true, force: true })
})

const promoteImage = (name: ImageName): Promise<PromotionOutcome> =>
  promote({
    ...gate,
    from: `${build.host}/build/${name}:1.0`,
    to: `${production.host}/prod/${name}:1.0`,
    journal,
    quarantine: sqliteQuarantine(join(directory, 'quarantine.db')),
    repository: (reference) => client.repository(reference),
    workDirectory: directory,
  })

const cosign = (command: string, key: 'evidence' | 'release', reference: string, ...more: string[]) =>
  runTool('cosign', [
    command,
    '--key',
    join(directory, `${key}.pub`),
    '--insecure-ignore-tlog=true',
    '--allow-http-registry',
    ...more,
    reference,
  ])

const debNames = (packages: readonly { readonly name: string; readonly version: string }[]) =>
  packages.map(({ name, version }) => `${name} ${version}`).sort()

describe.each([...imageNames])('the image "%s", from docker-registry to olareg', (name: ImageName) => {
  let target: Repository
  let source: RawManifest
  let layout: { directory: string; tag: string }
  let outcome: Passed

  beforeAll(async () => {
    layout = await imageLayout(name)
    const from = await openLayout(layout.directory)
    source = await from.getManifest(layout.tag)
    const repository = client.repository(parseReference(`${build.host}/build/${name}:1.0`))
    await copyImage(from, repository, source.descriptor)
    await repository.putManifest(source, { tag: '1.0' })
    target = client.repository(parseReference(`${production.host}/prod/${name}:1.0`))

    const result = await promoteImage(name)
    if (result.verdict === 'error') throw result.error
    if (result.verdict === 'fail') throw new Error(result.quarantine.explanation)
    outcome = result
  })

  it('is what the tag points to', async () => {
    expect((await target.getManifest('1.0')).descriptor.digest).toBe(outcome.digest)
  })

  it('has a signature that cosign accepts, and attestations', async () => {
    const reference = `${production.host}/prod/${name}@${outcome.digest}`
    const signature = await cosign('verify', 'release', reference)
    expect(signature.code, signature.stderr).toBe(0)
    const sbom = await cosign('verify-attestation', 'evidence', reference, '--type', 'cyclonedx')
    expect(sbom.code, sbom.stderr).toBe(0)
    const vsa = 'https://slsa.dev/verification_summary/v1'
    expect(await cosign('verify-attestation', 'release', reference, '--type', vsa)).toMatchObject({ code: 0 })
  })

  it('is not accepted under a key that did not sign, nor as the image that was not promoted', async () => {
    const reference = `${production.host}/prod/${name}@${outcome.digest}`
    expect((await cosign('verify-attestation', 'release', reference, '--type', 'cyclonedx')).code).not.toBe(0)

    const elsewhere = client.repository(parseReference(`${production.host}/unpromoted/${name}:1.0`))
    await copyImage(await openLayout(layout.directory), elsewhere, source.descriptor)
    const unpromoted = `${production.host}/unpromoted/${name}@${source.descriptor.digest}`
    const refusal = await cosign('verify', 'release', unpromoted)
    expect(refusal.code).not.toBe(0)
    expect(refusal.stderr).toMatch(/no (matching )?signatures|no attestations|not found/i)
  })

  it('is not accepted with a byte changed, even with its signature moved along', async () => {
    const original = await target.getManifest(outcome.digest)
    const bytes = Buffer.concat([original.bytes, Buffer.from(' ')])
    const changed: RawManifest = {
      bytes,
      descriptor: { ...original.descriptor, digest: digestOf(bytes), size: bytes.byteLength },
    }
    await target.putManifest(changed)
    const signature = await target.getManifest(`${outcome.digest.replace(':', '-')}.sig`)
    await target.putManifest(signature, { tag: `${changed.descriptor.digest.replace(':', '-')}.sig` })
    const refusal = await cosign(
      'verify',
      'release',
      `${production.host}/prod/${name}@${changed.descriptor.digest}`,
    )
    expect(refusal.code).not.toBe(0)
  })

  it('holds exactly the Debian packages that Syft and Trivy see in it', async () => {
    const copy = join(directory, `promoted-${name}`)
    const images = await platformImages(target, outcome.digest)
    for (const image of images) {
      const folder = join(copy, image.descriptor.digest.replace(':', '-'))
      const local = await openLayout(folder, { create: true })
      await copyImage(target, local, image.descriptor)
      await local.putManifest(image, { tag: 'latest' })
      const expected = debNames(
        (await takeInventory(target, image)).packages.filter(({ type }) => type === 'deb'),
      )

      const syft = await runTool('syft', ['scan', `oci-dir:${folder}`, '-o', 'syft-json', '-q'], {
        SYFT_CHECK_FOR_APP_UPDATE: 'false',
      })
      const { artifacts } = JSON.parse(syft.stdout) as {
        artifacts: { type: string; name: string; version: string }[]
      }
      expect(debNames(artifacts.filter(({ type }) => type === 'deb'))).toEqual(expected)

      const trivy = await runTool('trivy', [
        'image',
        '--input',
        folder,
        '--format',
        'json',
        '--list-all-pkgs',
        '--scanners',
        'vuln',
        '--skip-db-update',
        '--offline-scan',
        '--quiet',
        '--cache-dir',
        await trivyCache(),
      ])
      expect(trivy.stderr + String(trivy.code)).toBe('0')
      const { Results = [] } = JSON.parse(trivy.stdout) as {
        Results?: { Class: string; Type: string; Packages?: TrivyPackage[] }[]
      }
      const seen = Results.filter(({ Class, Type }) => Class === 'os-pkgs' && Type === 'debian')
      expect(debNames(seen.flatMap(({ Packages = [] }) => Packages.map(toVersion)))).toEqual(expected)
    }
  })

  it('became really smaller where packages left it, and stayed the same where none did', async () => {
    for (const { platform, before, after, hardening } of outcome.platforms) {
      const [was, is] = [before.bytes, after.bytes]
      console.log(
        `${name} ${formatPlatform(platform)}: ${before.packages} → ${after.packages} packages, ` +
          `${(was / 2 ** 20).toFixed(1)} → ${(is / 2 ** 20).toFixed(1)} MiB, ${before.findings.length} → ${after.findings.length} findings`,
      )
      if (hardening!.removed.length > 0) expect(is).toBeLessThan(was)
      else expect(after.digest).toBe(before.digest)
    }
    const removed = outcome.platforms.flatMap(({ hardening }) => hardening!.removed)
    expect(removed.length > 0).toBe(name !== 'static')
  })

  it('answers as it did before', async () => {
    const was = join(directory, `before-${name}`)
    const is = join(directory, `after-${name}`)
    await unpackImage(layout.directory, was)
    const before = await smokeTest(name, was)
    const images = await platformImages(target, outcome.digest)
    const folder = join(directory, `promoted-${name}`, images[0]!.descriptor.digest.replace(':', '-'))
    const { config } = await unpackImage(folder, is)
    expect(await smokeTest(name, is, { config })).toBe(before)
  })

  it('changes nothing when it is promoted once more', async () => {
    const requestsBefore = (await production.requests()).length
    const again = await promoteImage(name)
    expect(again).toMatchObject({ verdict: 'pass', digest: outcome.digest, changed: false })
    const requests = (await production.requests()).slice(requestsBefore)
    expect(requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([])
  })
})

interface TrivyPackage {
  readonly Name: string
  readonly Version: string
  readonly Release?: string
  readonly Epoch?: number
}

function toVersion({ Name, Version, Release, Epoch }: TrivyPackage): { name: string; version: string } {
  return { name: Name, version: `${Epoch ? `${Epoch}:` : ''}${Version}${Release ? `-${Release}` : ''}` }
}

async function platformImages(repository: Repository, digest: string): Promise<RawManifest[]> {
  const root = await repository.getManifest(digest)
  if (!isIndexMediaType(root.descriptor.mediaType)) return [root]
  return Promise.all(parseIndex(root).manifests.map((entry) => repository.getManifest(entry.digest)))
}

async function takeInventory(repository: Repository, raw: RawManifest): Promise<Inventory> {
  expect(parseManifest(raw).layers.length).toBeGreaterThan(0)
  await using image = await openImage(repository, raw)
  return await createInventory(image)
}

let cache: Promise<string> | undefined
/** Trivy wants a database even to list packages: an empty one of the right schema. */
function trivyCache(): Promise<string> {
  cache ??= prepareTrivyCache(join(directory, 'trivy-cache'))
  return cache
}

async function prepareTrivyCache(folder: string): Promise<string> {
  const { cp, chmod, readdir } = await import('node:fs/promises')
  const shared = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'scan', 'localdb', 'trivy')
  await cp(shared, folder, { recursive: true })
  await chmod(folder, 0o755)
  await chmod(join(folder, 'db'), 0o755)
  for (const file of await readdir(join(folder, 'db'))) await chmod(join(folder, 'db', file), 0o644)
  return folder
}
