import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OciError } from '../errors.ts'
import { against } from '../testing/against-script.ts'
import { collect, sampleBlob } from '../testing/sample-image.ts'
import { type SeenRequest, startScriptedServer } from '../testing/scripted-server.ts'

const { blob, bytes } = sampleBlob(randomBytes(200_000))
const size = bytes.byteLength

function startOf({ headers }: SeenRequest): number {
  return Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
}

/** Sends a part, or the beginning of it and then nothing. */
function sendPart(
  response: ServerResponse,
  { start, end = size, cutAt, total = size, content = bytes }: Part,
): void {
  const part = content.subarray(start, end)
  response.writeHead(start > 0 ? 206 : 200, {
    ...(start > 0 ? { 'content-range': `bytes ${start}-${end - 1}/${total}` } : {}),
    ...(cutAt === undefined ? {} : { 'content-length': String(part.byteLength) }),
  })
  if (cutAt === undefined) return void response.end(part)
  response.write(part.subarray(0, cutAt), () => response.destroy())
}

interface Part {
  readonly start: number
  readonly end?: number
  readonly cutAt?: number
  readonly total?: number | string
  readonly content?: Uint8Array
}

describe('a download that is cut', () => {
  it.each<[string, (start: number) => Part]>([
    ['from the beginning again', () => ({ start: 0 })],
    ['from a place further back', (start) => ({ start: start - 1000 })],
    ['with a wrong total', (start) => ({ start, total: 17 })],
    ['with an unknown total', (start) => ({ start, total: '*' })],
    ['bit by bit', (start) => ({ start, end: Math.min(size, start + 50_000) })],
  ])('gives the right bytes when a registry goes on %s', async (_, next) => {
    await using here = await against((request, response, count) => {
      sendPart(response, count === 0 ? { start: 0, cutAt: 90_000 } : next(startOf(request)))
    })
    expect((await collect(here.repository.open(blob))).equals(bytes)).toBe(true)
  })

  it.each<[string, (start: number, response: ServerResponse) => void, string]>([
    [
      'from a place further on',
      (start, response) => sendPart(response, { start: start + 1 }),
      'REGISTRY_ERROR',
    ],
    [
      'without saying from where',
      (start, response) => void response.writeHead(206).end(bytes.subarray(start)),
      'REGISTRY_ERROR',
    ],
    [
      'with other content',
      (start, response) => sendPart(response, { start, content: randomBytes(size) }),
      'DIGEST_MISMATCH',
    ],
    [
      'with more than there is',
      (start, response) =>
        sendPart(response, { start, end: size + 5, content: Buffer.concat([bytes, randomBytes(5)]) }),
      'SIZE_MISMATCH',
    ],
    [
      'with nothing, again and again',
      (_, response) => void response.writeHead(206, { 'content-range': `bytes 1-2/${size}` }).end(),
      'SIZE_MISMATCH',
    ],
  ])('ends with an error when a registry goes on %s', async (_, next, code) => {
    await using here = await against((request, response, count) => {
      if (count === 0) sendPart(response, { start: 0, cutAt: 90_000 })
      else next(startOf(request), response)
    })
    await expect(collect(here.repository.open(blob))).rejects.toMatchObject({ name: 'OciError', code })
    expect(here.seen.length).toBeLessThan(10)
  })

  it('is complete when it was cut after the last byte', async () => {
    await using here = await against((_, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' })
      response.write(bytes, () => response.destroy())
    })
    expect((await collect(here.repository.open(blob))).equals(bytes)).toBe(true)
    expect(here.seen).toHaveLength(1)
  })

  it('asks the registry for another URL when the storage host’s has expired', async () => {
    let valid = 1
    await using storage = await startScriptedServer((request, response, count) => {
      if (request.url !== `/signed?n=${valid}`) return void response.writeHead(403).end('expired')
      sendPart(response, { start: startOf(request), ...(count === 0 ? { cutAt: 90_000 } : {}) })
    })
    let given = 0
    await using here = await against((_, response) => {
      // The second URL is worth nothing any more when it is used.
      if (++given === 3) valid = 3
      response.writeHead(307, { location: `http://${storage.host}/signed?n=${given}` }).end()
    })
    expect((await collect(here.repository.open(blob))).equals(bytes)).toBe(true)
    expect(storage.seen.map(({ url }) => url)).toEqual(['/signed?n=1', '/signed?n=2', '/signed?n=3'])
    expect(startOf(storage.seen[2]!)).toBeGreaterThan(0)
  })

  it('does not ask again where reading was never allowed', async () => {
    await using here = await against((_, response) => void response.writeHead(403).end())
    await expect(collect(here.repository.open(blob))).rejects.toMatchObject({ code: 'DENIED' })
    expect(here.seen).toHaveLength(1)
  })

  it('does not decode a data field of any length', async () => {
    await using here = await against(() => {})
    const data = 'A'.repeat(9 * 1024 * 1024)
    await expect(collect(here.repository.open({ ...blob, data }))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })

  it('gives the right bytes or a typed error, whatever the registry does', async () => {
    const cutAt = fc.integer({ min: 0, max: size })
    const deed = fc.oneof(
      fc.record({ do: fc.constant('cut' as const), cutAt }),
      fc.record({ do: fc.constant('end early' as const), cutAt }),
      fc.record({ do: fc.constant('ignore Range' as const), cutAt }),
      fc.record({ do: fc.constant('go back' as const), cutAt }),
      fc.record({ do: fc.constant('go on elsewhere' as const), cutAt }),
      fc.record({ do: fc.constant('other bytes' as const), cutAt }),
      fc.record({ do: fc.constant('refuse' as const), cutAt: fc.constantFrom(403, 404, 416, 500, 503) }),
    )
    let deeds: readonly (typeof deed extends fc.Arbitrary<infer Value> ? Value : never)[] = []
    let turn = 0
    await using here = await against((request, response) => {
      const start = startOf(request)
      const now = deeds[turn++]
      if (now === undefined) return sendPart(response, { start })
      const { cutAt: at } = now
      switch (now.do) {
        case 'cut':
          return sendPart(response, { start, cutAt: at })
        case 'end early':
          return sendPart(response, { start, end: Math.max(start, at) })
        case 'ignore Range':
          return sendPart(response, { start: 0, cutAt: at })
        case 'go back':
          return sendPart(response, { start: Math.min(start, at), cutAt: at })
        case 'go on elsewhere':
          return sendPart(response, { start: at, cutAt: at })
        case 'other bytes':
          return sendPart(response, { start, content: Buffer.alloc(size, at), cutAt: at })
        case 'refuse':
          return void response.writeHead(at).end()
      }
    })
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 6 }), async (next) => {
        deeds = next
        turn = 0
        const outcome = await collect(here.repository.open(blob)).catch((error: unknown) => error)
        const helpable = next.every(({ do: each }) => each === 'cut' || each === 'ignore Range')
        if (helpable && next.length < 5) expect(outcome).toBeInstanceOf(Buffer)
        if (Buffer.isBuffer(outcome)) expect(outcome.equals(bytes)).toBe(true)
        else expect(outcome).toBeInstanceOf(OciError)
        expect(turn).toBeLessThan(60)
      }),
      { numRuns: 100 },
    )
  }, 60_000)
})
