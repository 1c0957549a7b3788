import type { OnReadOpts, Socket } from 'node:net'

/** Bytes of one read. */
export const pooledReadBytes: number = 64 * 1024
/** A shorter read is copied out at once, so that the answers without much of a body don't use buffers up. */
const copiedBytes = 8 * 1024
/** Buffers that a pool keeps for later: as many as a busy copy has on its way. */
const maxKept = 128

interface PooledRead {
  readonly pool: BufferPool
  /** Bytes of the read that filled the buffer last. */
  readonly length: number
}

const reads = new WeakMap<ArrayBufferLike, PooledRead>()
const releasable = new WeakSet<Uint8Array>()

/**
 * Buffers that sockets read into, again and again. Without it every byte that passes becomes garbage outside of the
 * JavaScript heap, of which the collector leaves 60 MiB and more lying about.
 *
 * A buffer comes back only by {@link releaseAfterWrite}; one that doesn't is ordinary garbage.
 */
export interface BufferPool {
  /** Option `onread` of a socket; `socket` is asked for when the first bytes arrive. */
  readInto(socket: () => Socket): OnReadOpts
  /** Takes back what this socket has written of the chunks that were marked by {@link releaseAfterWrite}. */
  watchWrites(socket: Socket): void
}

/** Creates an empty pool. */
export function createBufferPool(): BufferPool {
  const kept: Buffer[] = []
  const pool: BufferPool = {
    readInto: (socket) => ({
      buffer: () => kept.pop() ?? Buffer.allocUnsafeSlow(pooledReadBytes),
      callback(length, { buffer }) {
        const chunk = Buffer.from(buffer, 0, length)
        if (length <= copiedBytes) {
          if (kept.length < maxKept) kept.push(Buffer.from(buffer))
          return socket().push(Buffer.copyBytesFrom(chunk))
        }
        reads.set(buffer, { pool, length })
        return socket().push(chunk)
      },
    }),
    watchWrites(socket) {
      const write = socket.write.bind(socket) as (chunk: unknown, ...rest: unknown[]) => boolean
      const watched = (chunk: unknown, ...rest: unknown[]): boolean => {
        if (!(chunk instanceof Uint8Array) || !releasable.delete(chunk)) return write(chunk, ...rest)
        const callback = rest.at(-1)
        return write(chunk, (error?: Error | null) => {
          // Only a write that succeeded is certain to be over.
          if (!error && kept.length < maxKept && reads.get(chunk.buffer)?.pool === pool) {
            reads.delete(chunk.buffer)
            kept.push(Buffer.from(chunk.buffer))
          }
          if (typeof callback === 'function') callback(error)
        })
      }
      socket.write = watched as Socket['write']
    },
  }
  return pool
}

/**
 * Tells that nobody looks at the chunk any more once a socket has written it, nor at what came before it. Without effect
 * on a chunk that is not the end of what one read brought: the rest of its buffer may be on its way elsewhere.
 */
export function releaseAfterWrite(chunk: Uint8Array): void {
  const read = reads.get(chunk.buffer)
  if (read !== undefined && chunk.byteOffset + chunk.byteLength === read.length) releasable.add(chunk)
}
