import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BufferPool, createBufferPool, pooledReadBytes, releaseAfterWrite } from './buffer-pool.ts'

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
      const first = await receive('first')
      releaseAfterWrite(first)
      await write(first, ...(rest as []))
      expect(String((await arrived)[0])).toBe('first')
      // The buffer for the second read was chosen after the first; the third is the first one again.
      await receive('second')
      const third = await receive('third')
      expect(third.buffer).toBe(first.buffer)
      expect([String(third), third.byteOffset, third.buffer.byteLength]).toEqual([
        'third',
        0,
        pooledReadBytes,
      ])
    },
  )

  it('leaves alone what was not released', async () => {
    const first = await receive('first')
    await write(first)
    await receive('second')
    expect((await receive('third')).buffer).not.toBe(first.buffer)
    expect(String(first)).toBe('first')
  })

  it('leaves alone a buffer of which only a part was released', async () => {
    const first = await receive('first')
    for (const part of [first.subarray(0, 4), first.subarray(1)]) {
      releaseAfterWrite(part)
      await write(part)
    }
    await receive('second')
    await receive('third')
    expect(String(first)).toBe('first')
  })

  it('takes a buffer back once', async () => {
    const first = await receive('first')
    releaseAfterWrite(first)
    releaseAfterWrite(first)
    await write(first)
    await write(first)
    const others = [await receive('second'), await receive('third'), await receive('fourth')]
    expect(new Set(others.map(({ buffer }) => buffer)).size).toBe(3)
  })

  it('leaves alone what could not be written', async () => {
    const first = await receive('first')
    releaseAfterWrite(first)
    reader.destroy()
    await expect(write(first)).rejects.toThrow()
    expect(String(first)).toBe('first')
  })

  it('does nothing for bytes of others', async () => {
    const own = Buffer.from('not of a pool')
    releaseAfterWrite(own)
    await write(own)
    expect(String(own)).toBe('not of a pool')
  })
})
