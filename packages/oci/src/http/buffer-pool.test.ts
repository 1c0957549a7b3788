import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BufferPool, createBufferPool, releaseAfterWrite } from './buffer-pool.ts'

let server: Server
let pool: BufferPool
let reader: Socket
let peer: Socket
beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  pool = createBufferPool()
  const accepted = once(server, 'connection')
  const onread = pool.readInto(() => reader)
  reader = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, onread })
  pool.watchWrites(reader)
  peer = ((await accepted) as [Socket])[0]
})
afterEach(() => {
  reader.destroy()
  peer.destroy()
  server.close()
})

/** More than what is copied out at once. */
const long = (text: string): string => text.padEnd(10_000, '.')

/** Sends bytes to the reader and returns them as they came, in one read. */
async function receive(bytes: string): Promise<Buffer> {
  const readable = once(reader, 'readable')
  peer.write(bytes)
  await readable
  return reader.read() as Buffer
}

function write(chunk: Uint8Array, ...rest: [] | [BufferEncoding]): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => (error ? reject(error) : resolve())
    if (rest[0] === undefined) reader.write(chunk, done)
    else reader.write(chunk, rest[0], done)
  })
}

describe('createBufferPool', () => {
  it.each([[[]], [['utf8']]] as const)(
    'reads again into what was released and written (%j)',
    async (rest) => {
      const arrived = once(peer, 'data')
      const first = await receive(long('first'))
      releaseAfterWrite(first)
      await write(first, ...(rest as []))
      expect(String((await arrived)[0])).toBe(long('first'))
      // The buffer for the second read was chosen after the first; the third is the first one again.
      await receive(long('second'))
      const third = await receive(long('third'))
      expect(third.buffer).toBe(first.buffer)
      expect([String(third), third.byteOffset]).toEqual([long('third'), 0])
    },
  )

  it('leaves alone what was not released', async () => {
    const first = await receive(long('first'))
    await write(first)
    await receive(long('second'))
    expect((await receive(long('third'))).buffer).not.toBe(first.buffer)
    expect(String(first)).toBe(long('first'))
  })

  it('leaves alone a buffer whose end was not released', async () => {
    const first = await receive(long('first'))
    for (const part of [first.subarray(0, 4), first.subarray(1, -1)]) {
      releaseAfterWrite(part)
      await write(part)
    }
    await receive(long('second'))
    await receive(long('third'))
    expect(String(first)).toBe(long('first'))
  })

  it('reads again into a buffer whose end was released, as after the header of an answer', async () => {
    const first = await receive(long('first'))
    const body = first.subarray(300)
    releaseAfterWrite(body)
    await write(body)
    await receive(long('second'))
    expect((await receive(long('third'))).buffer).toBe(first.buffer)
  })

  it('takes a buffer back once', async () => {
    const first = await receive(long('first'))
    releaseAfterWrite(first)
    releaseAfterWrite(first)
    await write(first)
    await write(first)
    const others = [
      await receive(long('second')),
      await receive(long('third')),
      await receive(long('fourth')),
    ]
    expect(new Set(others.map(({ buffer }) => buffer)).size).toBe(3)
  })

  it('leaves alone what could not be written', async () => {
    const first = await receive(long('first'))
    releaseAfterWrite(first)
    reader.destroy()
    await expect(write(first)).rejects.toThrow()
    expect(String(first)).toBe(long('first'))
  })

  it('copies short reads out, so that they hold no buffer', async () => {
    const reads = [await receive('one'), await receive('two'), await receive('three')]
    expect(reads.map(String)).toEqual(['one', 'two', 'three'])
    // All of them were read into one buffer, and the next read is.
    const first = await receive(long('first'))
    expect(reads.map(String)).toEqual(['one', 'two', 'three'])
    for (const { buffer } of reads) expect(buffer).not.toBe(first.buffer)
  })

  it('does nothing for bytes of others', async () => {
    const own = Buffer.from('not of a pool')
    releaseAfterWrite(own)
    await write(own)
    expect(String(own)).toBe('not of a pool')
  })
})
