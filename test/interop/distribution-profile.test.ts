import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registryProfiles, startRegistry } from '@sallyport/testkit'
import { startDockerRegistry } from '@sallyport/test-tools'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const oci = 'application/vnd.oci.image.manifest.v1+json'
const digestOf = (text: string, algorithm = 'sha256') =>
  `${algorithm}:${createHash(algorithm).update(text).digest('hex')}`

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Asks one registry in the words of the specification. */
class Caller {
  readonly #url: string
  constructor(host: string) {
    this.#url = `http://${host}`
  }
  async call(
    method: string,
    path: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const url = new URL(path, this.#url)
    const typed = { 'content-type': 'application/octet-stream', ...headers }
    const answer = await fetch(url, {
      method,
      headers: typed,
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }
  async begin(): Promise<string> {
    return (await this.call('POST', '/v2/a/b/blobs/uploads/')).headers.get('location')!
  }
  async blob(text: string, digest = digestOf(text)): Promise<Answer> {
    const location = new URL(await this.begin(), this.#url)
    location.searchParams.set('digest', digest)
    return this.call('PUT', location.href, text)
  }
  async manifest(reference: string, extra: object = {}, headers = {}): Promise<Answer> {
    await this.blob('{}')
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf('{}'), size: 2 }
    const text = JSON.stringify({ schemaVersion: 2, mediaType: oci, config, layers: [], ...extra })
    const name = reference === 'digest' ? digestOf(text) : reference
    return this.call('PUT', `/v2/a/b/manifests/${name}`, text, { 'content-type': oci, ...headers })
  }
}

const codeOf = ({ text }: Answer): string | undefined => /"code":"(\w+)"/.exec(text)?.[1]
const outline = (answer: Answer) => [answer.status, codeOf(answer)]
const subject = { mediaType: oci, digest: digestOf('nowhere'), size: 7 }

/** What both registries are asked, and what of their answers is compared. */
const probes: readonly (readonly [string, (to: Caller) => Promise<unknown>])[] = [
  ['a referrers request', async (to) => (await to.call('GET', `/v2/a/b/referrers/${subject.digest}`)).status],
  [
    'a manifest with a missing subject',
    async (to) => {
      const answer = await to.manifest('digest', { subject })
      return [answer.status, answer.headers.get('oci-subject')]
    },
  ],
  ['a manifest with a missing layer', async (to) => outline(await to.manifest('v1', { layers: [subject] }))],
  [
    'a manifest of an unknown type',
    async (to) => (await to.call('PUT', '/v2/a/b/manifests/v1', '{}', { 'content-type': 'a/b' })).status,
  ],
  [
    'a blob in one POST',
    async (to) => (await to.call('POST', `/v2/a/b/blobs/uploads/?digest=${digestOf('x')}`, 'x')).status,
  ],
  [
    'a mount, from where the blob is and from nowhere',
    async (to) => {
      await to.blob('shared')
      const mount = async (from: string) =>
        (await to.call('POST', `/v2/c/blobs/uploads/?mount=${digestOf('shared')}${from}`)).status
      return [await mount('&from=a/b'), await mount('&from=d'), await mount('')]
    },
  ],
  [
    'parts out of order',
    async (to) => {
      const first = await to.call('PATCH', await to.begin(), 'ab', { 'content-range': '0-1' })
      const second = await to.call('PATCH', first.headers.get('location')!, 'c', { 'content-range': '9-9' })
      return [first.status, first.headers.get('range'), second.status, second.headers.get('range')]
    },
  ],
  [
    'the progress of an upload',
    async (to) => {
      const part = await to.call('PATCH', await to.begin(), 'abc')
      const progress = await to.call('GET', part.headers.get('location')!)
      return [progress.status, progress.headers.get('range')]
    },
  ],
  [
    'an old location of an upload',
    async (to) => {
      const location = await to.begin()
      await to.call('PATCH', location, 'abc')
      return outline(await to.call('PATCH', location, 'def'))
    },
  ],
  [
    'a sha512 blob',
    async (to) => {
      const answer = await to.blob('long', digestOf('long', 'sha512'))
      const location = new URL(answer.headers.get('location')!).pathname
      const read = await to.call('GET', `/v2/a/b/blobs/${digestOf('long', 'sha512')}`)
      return [answer.status, answer.headers.get('docker-content-digest'), location, read.status, read.text]
    },
  ],
  [
    'reading a manifest with and without its media type in Accept',
    async (to) => {
      await to.manifest('v1')
      const read = (accept: string) => to.call('GET', '/v2/a/b/manifests/v1', undefined, { accept })
      return [outline(await read('*/*')), (await read(oci)).status, (await read(`text/html, ${oci}`)).status]
    },
  ],
  [
    'the ETag of a manifest, and If-Match with another',
    async (to) => {
      const { headers } = await to.manifest('v1')
      const head = await to.call('HEAD', '/v2/a/b/manifests/v1', undefined, { accept: oci })
      const isDigest = head.headers.get('etag') === `"${headers.get('docker-content-digest')}"`
      const moved = await to.manifest('v1', { annotations: { a: 'b' } }, { 'if-match': '"other"' })
      return [isDigest, moved.status]
    },
  ],
  [
    'deletes by tag and by digest',
    async (to) => {
      const { headers } = await to.manifest('v1')
      const byTag = await to.call('DELETE', '/v2/a/b/manifests/v1')
      const byDigest = await to.call('DELETE', `/v2/a/b/manifests/${headers.get('docker-content-digest')}`)
      return [outline(byTag), byDigest.status]
    },
  ],
  [
    'tags, with n and last',
    async (to) => {
      for (const tag of ['a', 'b', 'c']) await to.manifest(tag)
      const list = await to.call('GET', '/v2/a/b/tags/list?n=1&last=a')
      const { tags } = JSON.parse(list.text) as { tags: string[] }
      return [tags.sort(), list.headers.get('link')]
    },
  ],
  [
    'a range of a blob',
    async (to) => {
      await to.blob('content')
      const path = `/v2/a/b/blobs/${digestOf('content')}`
      const answer = await to.call('GET', path, undefined, { range: 'bytes=2-3' })
      return [answer.status, answer.text, answer.headers.get('content-range')]
    },
  ],
  ['an unknown repository', async (to) => outline(await to.call('GET', '/v2/none/tags/list'))],
]

describe('the profile distribution-2.8 and docker-registry answer alike to', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-profile-'))
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  it.each(probes)('%s', async (_, probe) => {
    await using real = await startDockerRegistry({ directory: await mkdtemp(join(directory, 'real-')) })
    await using ours = await startRegistry({ quirks: registryProfiles['distribution-2.8'] })
    expect(await probe(new Caller(ours.host))).toEqual(await probe(new Caller(real.host)))
  })
})
