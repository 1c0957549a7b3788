import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { verifiedContent } from '../blob/verified-content.ts'
import { createRegistryClient } from './create-registry-client.ts'
import { startScriptedServer } from '../testing/scripted-server.ts'
import { against } from '../testing/against-script.ts'
import { sampleBlob, streamOf } from '../testing/sample-image.ts'

describe('write', () => {
  const { blob, bytes } = sampleBlob(randomBytes(9_000_000))
  const again = verifiedContent(blob, () => streamOf(bytes.subarray(0, 5_000_000), bytes.subarray(5_000_000)))

  it('keeps the upload location with its query', async () => {
    await using here = await against(({ method }, response) => {
      if (method === 'HEAD') return void response.writeHead(404).end()
      if (method === 'POST') return void response.writeHead(202, { location: '/up/1?_state=a%2Bb==' }).end()
      response.writeHead(201).end()
    })
    await here.repository.write(blob, again)
    expect(here.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `HEAD /v2/team/app/blobs/${blob.digest}`,
      'POST /v2/team/app/blobs/uploads/',
      `PUT /up/1?_state=a%2Bb==&digest=${encodeURIComponent(blob.digest)}`,
    ])
    expect(here.seen[2]?.body.equals(bytes)).toBe(true)
  })

  it.each([
    ['/up/1', '/up/1?'],
    ['/up/1?', '/up/1?'],
    ['/up/1?a=b', '/up/1?a=b&'],
    ['/up/1?a=b&', '/up/1?a=b&'],
    ['/up/1?a=%2f#part', '/up/1?a=%2f&'],
    ['/up/1#part', '/up/1?'],
  ])('ends an upload at %s where the registry finds the digest', async (location, start) => {
    await using here = await against(({ method }, response) => {
      if (method === 'HEAD') return void response.writeHead(404).end()
      if (method === 'POST') return void response.writeHead(202, { location }).end()
      response.writeHead(201).end()
    })
    await here.repository.write(blob, again)
    expect(here.seen[2]?.url).toBe(`${start}digest=${encodeURIComponent(blob.digest)}`)
  })

  it('begins again with content that can be restarted, and cancels the failed upload', async () => {
    let puts = 0
    await using here = await against(({ method }, response, count) => {
      if (method === 'HEAD') return void response.writeHead(404).end()
      if (method === 'POST') return void response.writeHead(202, { location: `/up/${count}` }).end()
      if (method === 'PUT') return void response.writeHead(++puts === 1 ? 502 : 201).end()
      response.writeHead(204).end()
    })
    await here.repository.write(blob, again)
    expect(here.seen.map(({ method }) => method)).toEqual(
      // Asked for its state, the registry does not tell: is the blob there after all?
      ['HEAD', 'POST', 'PUT', 'GET', 'HEAD', 'DELETE', 'POST', 'PUT'],
    )
  })

  it('does not begin again with content that is gone', async () => {
    await using here = await against(({ method }, response) => {
      if (method === 'HEAD') return void response.writeHead(404).end()
      if (method === 'POST') return void response.writeHead(202, { location: '/up/1' }).end()
      response.writeHead(method === 'PUT' ? 502 : 204).end()
    })
    await expect(here.repository.write(blob, streamOf(bytes))).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      status: 502,
    })
    expect(here.seen.map(({ method }) => method)).toEqual(['HEAD', 'POST', 'PUT', 'DELETE'])
  })

  it('sends chunks where the whole is refused', async () => {
    const parts: Buffer[] = []
    await using here = await against(({ method, body, headers }, response, count) => {
      if (method === 'HEAD') return void response.writeHead(404).end()
      if (method === 'PATCH') {
        expect(headers['content-range']).toMatch(/^\d+-\d+$/)
        parts.push(body)
      }
      if (method === 'PUT' && body.byteLength > 0) return void response.writeHead(413).end()
      response.writeHead(method === 'PUT' ? 201 : 202, { location: `/up/${count}` }).end()
    })
    await here.repository.write(blob, again)
    expect(parts.map((part) => part.byteLength)).toEqual([4_194_304, 4_194_304, 611_392])
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
  })

  it('does not let a wrong source complete an upload', async () => {
    let completed = false
    await using server = await startScriptedServer(({ method }, response) => {
      if (method === 'PUT') completed = true
      response.writeHead(method === 'HEAD' ? 404 : method === 'POST' ? 202 : 201, { location: '/up/1' }).end()
    })
    await using client = createRegistryClient()
    const repository = client.repository({ registry: server.host, repository: 'a/b' })
    const wrong = streamOf(bytes.subarray(0, 5_000_000), randomBytes(4_000_000))
    await expect(repository.write(blob, wrong)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(completed).toBe(false)
  })

  it.each([
    ['nowhere', undefined],
    ['link-local', 'http://169.254.169.254/up'],
  ])('refuses an upload location that is %s', async (_, location) => {
    await using here = await against(({ method }, response) => {
      response.writeHead(method === 'HEAD' ? 404 : 202, location === undefined ? {} : { location }).end()
    })
    await expect(here.repository.write(blob, again)).rejects.toMatchObject({ code: 'REGISTRY_ERROR' })
  })

  it('uploads when mounting is refused', async () => {
    await using here = await against(({ method, url }, response) => {
      if (method === 'HEAD') return void response.writeHead(404).end()
      if (url.includes('mount=')) return void response.writeHead(403).end()
      response.writeHead(method === 'POST' ? 202 : 201, { location: '/up/1' }).end()
    })
    expect(await here.repository.putBlob(blob, again, { mountFrom: 'team/other' })).toBe('uploaded')
  })

  type Status = 200 | 404 | 500
  it.each<[string, Status, Status | 202, Status | 201, boolean]>([
    ['is there already', 200, 500, 500, false],
    ['can not be looked for', 500, 500, 500, false],
    ['can not be sent', 404, 500, 500, false],
    ['is refused', 404, 202, 500, false],
    ['was stored', 404, 202, 201, false],
    ['is no longer wanted', 404, 202, 201, true],
  ])('closes content that is given once when the blob %s', async (_, head, post, put, aborted) => {
    await using here = await against(({ method }, response) => {
      const status = { HEAD: head, POST: post, PUT: put }[method] ?? 204
      response.writeHead(status, { location: '/up/1' }).end()
    })
    const node = Readable.from([bytes])
    let ended = false
    const source = {
      pull(controller: ReadableStreamDefaultController<Uint8Array>) {
        controller.enqueue(bytes)
        controller.close()
        ended = true
      },
      cancel: () => void (ended = true),
    }
    const web = new ReadableStream(source, { highWaterMark: 0 })
    const signal = aborted ? AbortSignal.abort() : undefined
    const outcomes = await Promise.allSettled(
      [node, web].map((content) => here.repository.write(blob, content, { signal })),
    )
    expect(outcomes.map(({ status }) => status)).not.toContain(
      head === 200 || (put === 201 && !aborted) ? 'rejected' : 'fulfilled',
    )
    expect({ node: node.destroyed, web: ended }).toEqual({ node: true, web: true })
  })

  it.each([
    ['whole', 'at its beginning', 0],
    ['whole', 'within it', 5_000_000],
    ['whole', 'before its end', bytes.byteLength],
    ['chunked', 'at its beginning', 0],
    ['chunked', 'within it', 5_000_000],
    ['chunked', 'before its end', bytes.byteLength],
  ] as const)(
    'does not wait for content that is stuck once it is aborted: %s, %s',
    async (mode, _, length) => {
      const abort = new AbortController()
      const reason = new Error('enough')
      async function* stuck(): AsyncGenerator<Uint8Array, void, undefined> {
        if (length > 0) yield bytes.subarray(0, length)
        setImmediate(() => abort.abort(reason))
        await new Promise(() => undefined)
      }
      await using here = await against(({ method }, response) => {
        const status = { HEAD: 404, POST: 202, PATCH: 202, PUT: 201 }[method] ?? 204
        response.writeHead(status, { location: '/up/1' }).end()
      })
      const write = here.repository.write(blob, stuck(), { signal: abort.signal, uploads: { mode } })
      await expect(write).rejects.toBe(reason)
      expect(here.seen.map(({ method }) => method)).not.toContain('PUT')
    },
  )
})
