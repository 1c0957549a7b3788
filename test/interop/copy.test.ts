import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copy, createRegistryClient, openLayout, parseReference } from '@sallyport/oci'
import { createImage, pushImage } from '@sallyport/testkit'
import {
  type LoggedRequest,
  type RunningRegistry,
  startDistribution,
  startDockerRegistry,
  startOlareg,
} from '@sallyport/test-tools'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { regctlHost, runTool } from './run-tool.ts'
import { twoPlatforms } from './samples.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-copies-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const run = (name: string, ...args: string[]): Promise<string> =>
  runTool(name, args, {
    cwd: directory,
    env: { HOME: directory, PATH: '', COSIGN_PASSWORD: 'correct horse' },
  })

const starts = {
  'docker-registry': startDockerRegistry,
  distribution: startDistribution,
  olareg: startOlareg,
} as const
type Kind = keyof typeof starts

async function start(kind: Kind): Promise<RunningRegistry> {
  return starts[kind]({ directory: await mkdtemp(join(directory, `${kind}-`)) })
}

const image = createImage({
  layers: ['a', 'b', 'c'].map((name) => ({ files: { [`/${name}`]: `content of ${name}` } })),
})

/** Requests by method and kind of what they are for. */
function count(requests: readonly LoggedRequest[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { method, url } of requests) {
    const kind = /\/(manifests|blobs\/uploads|blobs)\//.exec(url)?.[1]
    if (kind !== undefined) counts[`${method} ${kind}`] = (counts[`${method} ${kind}`] ?? 0) + 1
  }
  return counts
}

describe.each<[Kind, Kind]>([
  ['docker-registry', 'olareg'],
  ['olareg', 'docker-registry'],
  ['distribution', 'docker-registry'],
  ['olareg', 'distribution'],
])('the request logs of a copy from %s to %s', (fromKind, toKind) => {
  it('show one GET for each thing at the source, and HEAD, POST, PUT for each blob at the target', async () => {
    await using from = await start(fromKind)
    await using to = await start(toKind)
    await using client = createRegistryClient()
    const source = client.repository(parseReference(`${from.host}/build/app:1`))
    const target = client.repository(parseReference(`${to.host}/prod/app:1`))
    await pushImage(source, image, '1')
    const before = count(await from.requests())
    await copy(source, target, { from: '1', tag: '1', evidence: false })
    await from.stop()
    await to.stop()
    const after = count(await from.requests())
    expect((after['GET manifests'] ?? 0) - (before['GET manifests'] ?? 0)).toBe(1)
    expect((after['GET blobs'] ?? 0) - (before['GET blobs'] ?? 0)).toBe(4)
    expect(after['HEAD manifests'] ?? 0).toBe(before['HEAD manifests'] ?? 0)
    expect(count(await to.requests())).toEqual({
      'HEAD manifests': 1,
      'HEAD blobs': 4,
      'POST blobs/uploads': 4,
      'PUT blobs/uploads': 4,
      'PUT manifests': 1,
    })
  })

  it('show one HEAD on each side of an image that is unchanged', async () => {
    await using from = await start(fromKind)
    await using to = await start(toKind)
    await using client = createRegistryClient()
    const source = client.repository(parseReference(`${from.host}/build/app:1`))
    const target = client.repository(parseReference(`${to.host}/prod/app:1`))
    for (const repository of [source, target]) await pushImage(repository, image, '1')
    const report = await copy(source, target, { from: '1', tag: '1', evidence: false })
    expect(report.unchanged).toBe(true)
    for (const registry of [from, to]) {
      await registry.stop()
      const { 'HEAD manifests': heads, 'GET manifests': gets = 0 } = count(await registry.requests())
      expect([heads, gets]).toEqual([1, 0])
    }
  })
})

describe.each<[Kind, Kind]>([
  ['docker-registry', 'olareg'],
  ['olareg', 'docker-registry'],
  ['distribution', 'olareg'],
  ['olareg', 'distribution'],
])('what cosign signed at %s', (fromKind, toKind) => {
  it(`is copied over a layout to ${toKind}, where cosign verifies it and oras and regctl list it`, async () => {
    await using from = await start(fromKind)
    await using to = await start(toKind)
    await using client = createRegistryClient({ settleMs: 0 })
    const source = client.repository(parseReference(`${from.host}/build/app:1`))
    const target = client.repository(parseReference(`${to.host}/prod/app:1`))
    await pushImage(source, twoPlatforms, '1')
    const { digest } = twoPlatforms.raw.descriptor
    const signed = `${from.host}/build/app@${digest}`
    const key = `key-${fromKind}-${toKind}`
    await run('cosign', 'generate-key-pair', '--output-key-prefix', key)
    const offline = '--use-signing-config=false --tlog-upload=false --allow-http-registry -y'.split(' ')
    for (const form of ['true', 'false']) {
      const format = `--new-bundle-format=${form}`
      await run('cosign', 'sign', '--key', `${key}.key`, format, ...offline, signed)
    }
    const layout = await openLayout(join(directory, `layout-${fromKind}-${toKind}`), { create: true })
    await copy(source, layout, { from: '1', tag: '1' })
    const report = await copy(layout, target, { from: '1', tag: '1' })
    expect(report.manifests.map(({ role }) => role).sort()).toEqual([
      'child',
      'child',
      'cosign-tag',
      'referrer',
      'root',
    ])
    expect(report.rejected).toEqual([])

    const copied = `${to.host}/prod/app:1`
    const lenient = ['--insecure-ignore-tlog=true', '--allow-http-registry']
    for (const form of ['true', 'false']) {
      const format = `--new-bundle-format=${form}`
      const output = await run('cosign', 'verify', '--key', `${key}.pub`, format, ...lenient, copied)
      expect(output).toContain(digest)
    }
    const referrer = report.manifests.find(({ role }) => role === 'referrer')?.descriptor.digest
    expect(await run('oras', 'discover', '--plain-http', '--format', 'json', copied)).toContain(referrer)
    const listed = await run(
      'regctl',
      ...regctlHost(to.host),
      'artifact',
      'list',
      '--format',
      '{{json .}}',
      copied,
    )
    expect(listed).toContain(referrer)
  })
})
