import type { Socket } from 'node:net'
import { digestOf, mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { createRegistryClient } from '../registry/create-registry-client.ts'
import { type RawScript, startRawServer } from '../testing/raw-server.ts'
import { sampleImage } from '../testing/sample-image.ts'

const body = Buffer.from(sampleImage([10]).manifest.bytes).toString('latin1')
const head = (digest: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: ${mediaTypes.ociManifest}\r\nDocker-Content-Digest: ${digest}\r\nContent-Length: ${body.length}\r\n\r\n`
const tagOf = (line: string): string => /manifests\/(\S+)/.exec(line)?.[1] ?? ''
const tags = Array.from({ length: 12 }, (_, at) => `t${at}`)
const digests = tags.map((tag) => digestOf(tag))

/** What a client hears of each tag that it looks up at a server, one after the other. */
async function lookUp(script: RawScript): Promise<(string | undefined)[]> {
  await using server = await startRawServer(script)
  await using client = createRegistryClient({ connections: 4, sleep: async () => {}, settleMs: 0 })
  const repository = client.repository({ registry: server.host, repository: 'team/app' })
  const heard: (string | undefined)[] = []
  for (const tag of tags) heard.push((await repository.headManifest(tag))?.digest)
  return heard
}

// No connection may serve again after HEAD: what follows the header is read as the next answer, and may look like one.
describe('a body to HEAD is never an answer', () => {
  const bodies = {
    'the manifest': body,
    'the manifest in chunks': `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    'a text': '404 page not found\n',
    'a text that begins like an answer': 'HTTP is what it is',
    'empty lines and the manifest': `\r\n\r\n${body}`,
    'an answer of another image': head(digestOf('another image')),
    'an answer of no image': 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
  }
  const cases = Object.entries(bodies)

  it.each(cases)('%s, at once with the header', async (_, text) => {
    const heard = await lookUp((socket, line) => socket.write(head(digestOf(tagOf(line))) + text))
    expect(heard).toEqual(digests)
  })

  it.each(cases)('%s, once the next request is there', async (_, text) => {
    const owed = new WeakMap<Socket, string>()
    const heard = await lookUp((socket, line) => {
      socket.write((owed.get(socket) ?? '') + head(digestOf(tagOf(line))))
      owed.set(socket, text)
    })
    expect(heard).toEqual(digests)
  })
})
