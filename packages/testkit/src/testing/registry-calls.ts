import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Digest, digestOf, mediaTypes } from '@sallyport/core'
import { Agent, request } from 'undici'
import { afterEach, expect } from 'vitest'
import { startRegistry, type StartRegistryOptions, type TestRegistry } from '../registry/start-registry.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A registry that ends with its test. */
export async function start(options?: StartRegistryOptions): Promise<TestRegistry> {
  const registry = await startRegistry(options)
  cleanups.push(() => registry.close())
  return registry
}

/** A folder that ends with its test. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sallyport-registry-'))
  cleanups.push(() => rm(path, { recursive: true, force: true }))
  return path
}

// Larger than the 16 KiB of Node.js, for the profile with long headers.
const dispatcher = new Agent({ maxHeaderSize: 64 * 1024 })

type Init = { method?: string; headers?: Record<string, string>; body?: string | Uint8Array }

/** Makes one request and reads its answer whole. */
export async function call(
  registry: TestRegistry,
  path: string,
  { method = 'GET', headers = {}, body }: Init = {},
) {
  const answer = await request(new URL(path, registry.url), {
    method: method as 'GET',
    dispatcher,
    headers,
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  })
  const bytes = Buffer.from(await answer.body.arrayBuffer())
  return {
    status: answer.statusCode,
    headers: answer.headers as Record<string, string | undefined>,
    bytes,
    code: () => (JSON.parse(bytes.toString()) as { errors: { code: string }[] }).errors[0]?.code,
    json: () => JSON.parse(bytes.toString()) as Record<string, unknown>,
  }
}

/** Pushes a blob by POST and PUT. */
export async function pushBlob(registry: TestRegistry, repository: string, content: string) {
  const digest = digestOf(content)
  const session = await call(registry, `/v2/${repository}/blobs/uploads/`, { method: 'POST' })
  const put = await call(registry, `${session.headers.location}&digest=${digest}`, {
    method: 'PUT',
    body: content,
  })
  expect(put.status).toBe(201)
  return { mediaType: 'application/octet-stream', digest, size: Buffer.byteLength(content) }
}

/** A manifest of two blobs that are pushed for it. */
export async function manifestOf(registry: TestRegistry, repository: string, extra: object = {}) {
  const config = { ...(await pushBlob(registry, repository, '{}')), mediaType: mediaTypes.ociConfig }
  const layer = await pushBlob(registry, repository, 'layer')
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config,
    layers: [layer],
    ...extra,
  })
}

/** The headers of a push of an image manifest. */
export const manifestHeaders = { 'content-type': mediaTypes.ociManifest }

/** Pushes a manifest under a tag or, without one, by its digest. */
export async function putManifest(
  registry: TestRegistry,
  repository: string,
  body: string,
  { tag, headers = {} }: { tag?: string; headers?: Record<string, string> } = {},
) {
  const { mediaType = mediaTypes.ociManifest } = JSON.parse(body) as { mediaType?: string }
  const answer = await call(registry, `/v2/${repository}/manifests/${tag ?? digestOf(body)}`, {
    method: 'PUT',
    body,
    headers: { 'content-type': mediaType, ...headers },
  })
  return answer
}

/** Pushes a small image and returns its digest. */
export async function pushSample(
  registry: TestRegistry,
  repository: string,
  tag: string,
  extra: object = {},
): Promise<Digest> {
  const body = await manifestOf(registry, repository, extra)
  expect((await putManifest(registry, repository, body, { tag })).status).toBe(201)
  return digestOf(body)
}
