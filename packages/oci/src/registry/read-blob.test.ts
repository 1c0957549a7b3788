import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { startScriptedServer } from '../testing/scripted-server.ts'
import { against } from '../testing/against-script.ts'
import { collect, sampleBlob } from '../testing/sample-image.ts'

describe('open', () => {
  const { blob, bytes } = sampleBlob(randomBytes(300_000))

  it('goes on by Range after a cut, and verifies the whole', async () => {
    await using here = await against(({ headers }, response, count) => {
      if (count === 0) {
        response.writeHead(200, { 'content-length': String(bytes.byteLength) })
        return void response.write(bytes.subarray(0, 100_000), () => response.destroy())
      }
      const start = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1])
      response.writeHead(206, {
        'content-range': `bytes ${start}-${bytes.byteLength - 1}/${bytes.byteLength}`,
      })
      response.end(bytes.subarray(start))
    })
    expect((await collect(here.repository.open(blob))).equals(bytes)).toBe(true)
    expect(here.seen).toHaveLength(2)
  })

  it('skips what it has when a registry does not know Range', async () => {
    await using here = await against((_, response, count) => {
      response.writeHead(200, { 'content-length': String(bytes.byteLength) })
      if (count > 0) return void response.end(bytes)
      response.write(bytes.subarray(0, 100_000), () => response.destroy())
    })
    expect((await collect(here.repository.open(blob))).equals(bytes)).toBe(true)
  })

  it.each([
    ['too long', Buffer.concat([bytes, Buffer.alloc(10)]), 'SIZE_MISMATCH'],
    ['too short each time', bytes.subarray(0, 1000), 'SIZE_MISMATCH'],
    ['other bytes', randomBytes(bytes.byteLength), 'DIGEST_MISMATCH'],
  ])('ends with an error when the body is %s', async (_, body, code) => {
    await using here = await against(({ headers }, response) => {
      if (headers.range !== undefined) return void response.writeHead(416).end()
      response.writeHead(200).end(body)
    })
    await expect(collect(here.repository.open(blob))).rejects.toMatchObject({ code })
  })

  it('stops an endless body at the first surplus byte', async () => {
    let sent = 0
    await using here = await against((_, response) => {
      response.writeHead(200)
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    })
    await expect(collect(here.repository.open(blob))).rejects.toMatchObject({ code: 'SIZE_MISMATCH' })
    expect(sent).toBeLessThan(50_000_000)
  })

  it('hashes the bytes as they came when they are labelled as encoded', async () => {
    await using here = await against(
      (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes),
    )
    expect((await collect(here.repository.open(blob))).equals(bytes)).toBe(true)
    expect(here.seen[0]?.headers['accept-encoding']).toBe('identity')
  })

  it('follows a redirect to another host without credentials', async () => {
    await using storage = await startScriptedServer((_, response) => void response.end(bytes))
    await using here = await against(
      ({ headers }, response) => {
        if (headers.authorization === undefined) {
          return void response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end()
        }
        response.writeHead(307, { location: `http://${storage.host}/signed?key=1` }).end()
      },
      { credentials: { find: async () => ({ type: 'password', username: 'u', password: 'p' }) } },
    )
    expect((await collect(here.repository.open(blob))).equals(bytes)).toBe(true)
    expect(storage.seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/signed?key=1', undefined],
    ])
  })

  it.each([
    ['to itself for ever', '/v2/team/app/blobs/again'],
    ['to a metadata service', 'http://169.254.169.254/latest/meta-data'],
    ['to a file', 'file:///etc/passwd'],
  ])('refuses a redirect %s', async (_, location) => {
    await using here = await against((_request, response) => void response.writeHead(302, { location }).end())
    await expect(collect(here.repository.open(blob))).rejects.toMatchObject({ code: 'REGISTRY_ERROR' })
    expect(here.seen.length).toBeLessThan(8)
  })

  it('takes content from the descriptor, and verifies it', async () => {
    await using here = await against(() => {})
    const data = Buffer.from(bytes).toString('base64')
    expect((await collect(here.repository.open({ ...blob, data }))).equals(bytes)).toBe(true)
    await expect(collect(here.repository.open({ ...blob, data: 'AAAA' }))).rejects.toMatchObject({
      code: 'SIZE_MISMATCH',
    })
    const wrong = Buffer.alloc(bytes.byteLength).toString('base64')
    await expect(collect(here.repository.open({ ...blob, data: wrong }))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    })
    expect(here.seen).toHaveLength(0)
  })

  it('closes the connection when the reader stops', async () => {
    let closed: (value: unknown) => void = () => {}
    const ended = new Promise((resolve) => (closed = resolve))
    await using here = await against((_, response) => {
      response.once('close', () => closed(undefined))
      response.writeHead(200).write(bytes.subarray(0, 200_000))
    })
    for await (const _ of here.repository.open(blob)) break
    await expect(ended).resolves.toBeUndefined()
  })
})
