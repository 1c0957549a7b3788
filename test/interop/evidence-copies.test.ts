import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Digest } from '@sallyport/core'
import { copy, createRegistryClient, fallbackTag, type RegistryClient } from '@sallyport/oci'
import { pushImage } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectSame } from './expect-same.ts'
import { interopRegistries } from './interop-registries.ts'
import { regctlHost, runTool } from './run-tool.ts'
import { createArtifact, twoPlatforms } from './samples.ts'

const type = (what: string): string => `application/vnd.example.${what}`
const root = twoPlatforms.raw.descriptor
const child = twoPlatforms.children[0]!.descriptor
const sbom = createArtifact(root, { 'org.example.of': 'index' }, type('sbom'))
const signature = createArtifact(sbom.raw.descriptor, { 'org.example.of': 'sbom' }, type('signature'))
const scan = createArtifact(child, { 'org.example.of': 'platform' }, type('scan'))
const second = createArtifact(root, { 'org.example.of': 'index' }, type('approval'))
const evidence = [sbom, signature, scan, second]
const subjects = [root, child, sbom.raw.descriptor].map(({ digest }) => digest)

const pairs = interopRegistries.flatMap((from) =>
  interopRegistries.filter((to) => to !== from).map((to) => [from.name, to.name, to] as const),
)

/** What others list at a repository, by subject, with its digests. */
async function seenByOthers(host: string, repository: string): Promise<object> {
  const reference = (name: string): string => `${host}/${repository}${name}`
  const regctl = (...args: string[]): Promise<string> => runTool('regctl', [...regctlHost(host), ...args])
  const listed = async (subject: Digest): Promise<Listed[]> => {
    const format = ['--format', '{{jsonPretty .}}']
    const output = await regctl('artifact', 'list', ...format, reference(`@${subject}`))
    return sorted((JSON.parse(output) as { descriptors: Listed[] }).descriptors)
  }
  const discovered = async (subject: Digest): Promise<Discovered> => {
    const output = await runTool('oras', [
      'discover',
      '--plain-http',
      '--format',
      'json',
      reference(`@${subject}`),
    ])
    return tree(JSON.parse(output) as Discovered)
  }
  const lists: Record<string, unknown> = {}
  for (const subject of subjects) {
    lists[subject] = { regctl: await listed(subject), oras: await discovered(subject) }
  }
  return {
    lists,
    crane: (await runTool('crane', ['digest', '--insecure', reference(':1')])).trim(),
    regctl: (await regctl('image', 'digest', reference(':1'))).trim(),
  }
}

type Listed = Readonly<Record<'digest' | 'artifactType', string>>
interface Discovered extends Listed {
  readonly annotations?: object
  readonly referrers?: readonly Discovered[]
}

const sorted = <Entry extends Listed>(entries: readonly Entry[]): Entry[] =>
  entries.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))

/** Without what differs with the place: references. */
function tree({ digest, artifactType, annotations, referrers = [] }: Discovered): Discovered {
  return {
    digest,
    artifactType,
    ...(annotations && { annotations }),
    referrers: sorted(referrers).map(tree),
  }
}

describe('a copy with evidence', () => {
  let directory: string
  let client: RegistryClient
  const hosts = new Map<string, string>()
  const atSource = new Map<string, object>()
  const running: AsyncDisposable[] = []

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-pairs-'))
    client = createRegistryClient({ settleMs: 0 })
    for (const { name, start } of interopRegistries) {
      const registry = await start(directory)
      running.push(registry)
      hosts.set(name, registry.host)
      const source = client.repository({ registry: registry.host, repository: 'build/app' })
      await pushImage(source, twoPlatforms, '1')
      for (const artifact of evidence) await pushImage(source, artifact)
      atSource.set(name, await seenByOthers(registry.host, 'build/app'))
    }
  })
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]()
    for (const registry of running) await registry[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  it('starts from sources at which others see all that we attached', () => {
    const seen = JSON.stringify([...atSource.values()][0])
    for (const { raw } of evidence) expect(seen).toContain(raw.descriptor.digest)
    for (const each of atSource.values()) expect(each).toEqual([...atSource.values()][0])
  })

  it.each(pairs)('from %s to %s is seen by others as the source is', async (from, to, { referrersApi }) => {
    const source = client.repository({ registry: hosts.get(from)!, repository: 'build/app' })
    const name = `prod/from-${from.replaceAll(' ', '-')}`
    const target = client.repository({ registry: hosts.get(to)!, repository: name })
    const report = await copy(source, target, { from: '1', tag: '1' })
    expect(report.rejected).toEqual([])
    expect(
      report.manifests.map(({ descriptor, outcome }) => [descriptor.digest, outcome]).toSorted(),
    ).toEqual(
      [twoPlatforms, ...evidence]
        .flatMap(({ raw, children }) => [raw, ...children])
        .map(({ descriptor }) => [descriptor.digest, 'copied'])
        .toSorted(),
    )
    expect(await seenByOthers(hosts.get(to)!, name)).toEqual(atSource.get(from))
    await expectSame(target, twoPlatforms, '1')
    for (const artifact of evidence) await expectSame(target, artifact)
    // The list under the fallback tag is there exactly where the registry keeps none itself.
    for (const subject of subjects) {
      expect((await target.headManifest(fallbackTag(subject))) !== undefined).toBe(!referrersApi)
    }
    const again = await copy(source, target, { from: '1', tag: '1' })
    expect(again).toMatchObject({ unchanged: true, blobs: { copied: 0, bytes: 0 }, tags: [] })
  })
})
