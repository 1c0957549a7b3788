import { ImageError } from '../errors.ts'

type State = 'magic' | 'descriptor' | 'header' | 'block' | 'content' | 'checksum' | 'skip-size' | 'skip'

/**
 * Cuts zstd data so that no chunk crosses the end of a frame, and leaves skippable frames out (RFC 8878, 3.1).
 * Node's decompressor silently drops what follows a frame's end in the same chunk, and layers of several frames
 * (zstd:chunked, pzstd) are common.
 *
 * @throws {ImageError} `LAYER_CORRUPT` when bytes between frames are no frame, or the last frame is cut.
 */
export async function* splitZstdFrames(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let state: State = 'magic'
  let field = Buffer.alloc(4)
  let wanted = 4
  let filled = 0
  let lastBlock = false
  let hasChecksum = false

  const expect = (next: State, bytes: number, capacity = 0) => {
    state = next
    wanted = bytes
    filled = 0
    if (capacity > 0) field = Buffer.alloc(capacity)
  }
  const afterBlock = () => {
    if (!lastBlock) expect('block', 3, 3)
    else if (hasChecksum) expect('checksum', 4)
    else expect('magic', 4, 4)
  }

  for await (const chunk of source) {
    let start = 0
    let position = 0
    while (position < chunk.length) {
      const taken = Math.min(wanted - filled, chunk.length - position)
      if (state === 'magic' || state === 'block' || state === 'descriptor' || state === 'skip-size') {
        field.set(chunk.subarray(position, position + taken), filled)
      }
      filled += taken
      position += taken
      // A frame's magic is forwarded by itself, because only its fourth byte tells whether the frame is.
      if (state === 'magic' || state === 'skip-size' || state === 'skip') start = position
      if (filled < wanted) break
      switch (state as State) {
        case 'magic': {
          const magic = field.readUInt32LE(0)
          if (magic >>> 4 === 0x184d2a5) expect('skip-size', 4, 4)
          else if (magic === 0xfd2fb528) {
            yield field
            expect('descriptor', 1, 1)
          } else throw new ImageError('LAYER_CORRUPT', 'zstd data goes on with bytes that are no frame')
          break
        }
        case 'descriptor': {
          const descriptor = field[0] ?? 0
          hasChecksum = (descriptor & 0x04) !== 0
          const single = (descriptor & 0x20) !== 0
          const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
          const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0
          const rest = (single ? 0 : 1) + sizeBytes + dictionaryBytes
          if (rest > 0) expect('header', rest)
          else expect('block', 3, 3)
          break
        }
        case 'header':
          expect('block', 3, 3)
          break
        case 'block': {
          const header = field.readUIntLE(0, 3)
          lastBlock = (header & 1) === 1
          const type = (header >> 1) & 3
          if (type === 3) throw new ImageError('LAYER_CORRUPT', 'zstd block of a reserved type')
          const size = type === 1 ? 1 : header >> 3
          if (size > 0) expect('content', size)
          else afterBlock()
          break
        }
        case 'content':
          afterBlock()
          break
        case 'skip-size': {
          const size = field.readUInt32LE(0)
          if (size > 0) expect('skip', size)
          else expect('magic', 4, 4)
          break
        }
        case 'checksum':
        case 'skip':
          expect('magic', 4, 4)
      }
      if ((state as State) === 'magic' && start < position) {
        yield chunk.subarray(start, position)
        start = position
      }
    }
    if (start < chunk.length) yield chunk.subarray(start)
  }
  if (state !== 'magic' || filled > 0) throw new ImageError('LAYER_CORRUPT', 'zstd data ends inside a frame')
}
