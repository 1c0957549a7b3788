/** The part of a content that is being sent: read forward, held until it is acknowledged. */
export interface ChunkWindow {
  /** Where the held bytes begin in the content. */
  readonly position: number
  /** The next bytes: `length`, or fewer at the end of the content. The same ones again until {@link advance}. */
  fill(length: number): Promise<Uint8Array>
  /** Lets go of bytes that have arrived. */
  advance(bytes: number): void
}

/**
 * A window over `content`, which has `size` bytes, from byte `start`. What is before is read and thrown away: an upload
 * that goes on is still hashed from its first byte, so that its digest does not rest on what the registry says it has.
 * For local content that costs a read.
 */
export function createChunkWindow(
  content: AsyncIterator<Uint8Array>,
  size: number,
  start: number,
): ChunkWindow {
  let position = start
  let skip = start
  let held: Uint8Array = new Uint8Array()
  /** What the source gave beyond the held bytes: part of one chunk of the source's own. */
  let rest: Uint8Array = new Uint8Array()
  return {
    get position() {
      return position
    },
    async fill(length) {
      const wanted = Math.min(length, size - position)
      if (held.byteLength >= wanted) return held.subarray(0, wanted)
      const bytes = Buffer.allocUnsafe(wanted)
      bytes.set(held)
      let filled = held.byteLength
      while (filled < wanted) {
        if (rest.byteLength === 0) {
          const next = await content.next()
          if (next.done === true) break
          rest = next.value.subarray(Math.min(skip, next.value.byteLength))
          skip -= next.value.byteLength - rest.byteLength
        }
        const part = rest.subarray(0, wanted - filled)
        bytes.set(part, filled)
        filled += part.byteLength
        rest = rest.subarray(part.byteLength)
      }
      held = bytes.subarray(0, filled)
      return held
    },
    advance(bytes) {
      held = held.subarray(bytes)
      position += bytes
    },
  }
}
