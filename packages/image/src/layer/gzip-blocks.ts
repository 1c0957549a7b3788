import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'

const deflate = promisify<Uint8Array, Parameters<typeof deflateRaw>[1], Buffer>(deflateRaw)

/** Fixed, whatever the machine: the bytes of the result depend on it. */
const blockSize = 1024 * 1024
/** How far a match of deflate may lie back (RFC 1951, 2). */
const windowSize = 32 * 1024

/**
 * Compresses a stream into one gzip member (RFC 1952) in blocks, several at a time, each knowing the end of the one
 * before. The same bytes and level give the same result on any number of cores; the header has no name, no time and
 * no operating system.
 */
export async function* gzipBlocks(
  source: AsyncIterable<Uint8Array>,
  { level, signal }: { readonly level: number; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<Uint8Array, void, undefined> {
  yield Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)
  const most = Math.max(2, availableParallelism())
  const running: Promise<Buffer>[] = []
  let sum = 0
  let size = 0
  let dictionary: Buffer | undefined
  const start = (block: Buffer, isLast: boolean) => {
    const compressed = deflate(block, {
      level,
      chunkSize: 256 * 1024,
      finishFlush: isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
      ...(dictionary && { dictionary }),
    })
    // Looked at when its turn comes; a consumer that stops early never does.
    compressed.catch(() => undefined)
    running.push(compressed)
    dictionary = block.subarray(Math.max(0, block.length - windowSize))
  }
  for await (const block of cutBlocks(source)) {
    signal?.throwIfAborted()
    sum = crc32(block, sum)
    size += block.length
    start(block, false)
    while (running.length >= most) yield await running.shift()!
  }
  start(Buffer.alloc(0), true)
  for (const compressed of running) yield await compressed
  signal?.throwIfAborted()
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(sum, 0)
  trailer.writeUInt32LE(size % 2 ** 32, 4)
  yield trailer
}

async function* cutBlocks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  let block = Buffer.allocUnsafe(blockSize)
  let filled = 0
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + blockSize - filled)
      block.set(part, filled)
      filled += part.length
      at += part.length
      if (filled < blockSize) continue
      yield block
      block = Buffer.allocUnsafe(blockSize)
      filled = 0
    }
  }
  if (filled > 0) yield block.subarray(0, filled)
}
