import type { Socket } from 'node:net'
import { digestOf, mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { createRegistryClient } from '../registry/create-registry-client.ts'
import { type RawScript, startRawServer } from '../testing/raw-server.ts'
import { sampleBlob, sampleImage } from '../testing/sample-image.ts'

const { manifest } = sampleImage([10])
const body = Buffer.from(manifest.bytes)
const head = (tag: string, extra = ''): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: ${mediaTypes.ociManifest}\r\nDocker-Content-Digest: ${digestOf(tag)}\r\n${extra}Content-Length: ${body.byteLength}\r\n\r\n`
const tagOf = (line: string): string => /manifests\/(\S+)/.exec(line)?.[1] ?? ''
const tags = Array.from({ length: 12 }, (_, at) => `t${at}`)

/** Looks up tags one after the other at a server; what it says of each, and how many connections that took. */
async function lookUp(script: RawScript, each: readonly string[] = tags) {
  let connections = 0
  await using server = await startRawServer(script, () => connections++)
  await using client = createRegistryClient({ connections: 4, sleep: async () => {}, settleMs: 0 })
  const repository = client.repository({ registry: server.host, repository: 'team/app' })
  const digests: (string | undefined)[] = []
  for (const tag of each) digests.push((await repository.headManifest(tag))?.digest)
  return { digests, connections, seen: server.seen }
}

describe('a connection after HEAD', () => {
  it('serves again', async () => {
    const { digests, connections } = await lookUp((socket, line) => socket.write(head(tagOf(line))))
    expect(digests).toEqual(tags.map((tag) => digestOf(tag)))
    expect(connections).toBeLessThan(4)
  })

  it('does not where the server closes it', async () => {
    const { digests, connections } = await lookUp((socket, line) =>
      socket.write(head(tagOf(line), 'Connection: close\r\n')),
    )
    expect(digests).toEqual(tags.map((tag) => digestOf(tag)))
    expect(connections).toBe(tags.length)
  })

  it('does not for blobs, whose content could pass for an answer', async () => {
    const blobs = [1, 2, 3].map((byte) => sampleBlob(Buffer.alloc(10, byte)).blob)
    let connections = 0
    const script = (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n')
    await using server = await startRawServer(script, () => connections++)
    await using client = createRegistryClient()
    const repository = client.repository({ registry: server.host, repository: 'team/app' })
    for (const blob of blobs) expect(await repository.has(blob)).toBe(true)
    expect(connections).toBe(blobs.length)
  })
})

describe('a body to HEAD is never an answer', () => {
  const chunked = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
  const bodies = {
    'the manifest': body.toString('latin1'),
    'the manifest in chunks': chunked(body.toString('latin1')),
    'a text': '404 page not found\n',
    'a text that begins like an answer': 'HTTP is what it is',
    'empty lines and the manifest': `\r\n\r\n${body.toString('latin1')}`,
  }
  const cases = Object.entries(bodies)

  it.each(cases)('%s, at once with the header', async (_, text) => {
    const { digests } = await lookUp((socket, line) => socket.write(head(tagOf(line)) + text))
    expect(digests).toEqual(tags.map((tag) => digestOf(tag)))
  })

  it.each(cases)('%s, once the next request is there', async (_, text) => {
    const owed = new WeakMap<Socket, string>()
    const { digests, seen } = await lookUp((socket, line) => {
      socket.write((owed.get(socket) ?? '') + head(tagOf(line)))
      owed.set(socket, text)
    })
    expect(digests).toEqual(tags.map((tag) => digestOf(tag)))
    // Once for each of the connections at most; when the server is caught, they are closed after each HEAD.
    expect(seen.length).toBeGreaterThan(tags.length)
    expect(seen.length).toBeLessThanOrEqual(tags.length + 4)
  })
})
