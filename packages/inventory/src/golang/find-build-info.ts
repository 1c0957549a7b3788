import { type GoBuildInfoRead, goBuildInfoMark, parseGoBuildInfo } from './parse-build-info.ts'

const elfMark = Buffer.from('\x7fELF', 'latin1')

/**
 * Looks for build information in a program as it streams by, and stops where it was found. It holds one piece of the
 * stream at a time, or at most the longest build information. `undefined` when it is no ELF program, or not of Go.
 */
export async function findGoBuildInfo(
  content: AsyncIterable<Uint8Array>,
): Promise<Extract<GoBuildInfoRead, { kind: 'found' | 'legacy' }> | undefined> {
  let rest: Buffer = Buffer.alloc(0)
  let isElf = false
  let sawLegacy = false
  for await (const chunk of content) {
    rest =
      rest.length === 0
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
        : Buffer.concat([rest, chunk])
    if (!isElf) {
      if (rest.length < elfMark.length) continue
      if (!rest.subarray(0, elfMark.length).equals(elfMark)) return undefined
      isElf = true
    }
    let at = rest.indexOf(goBuildInfoMark)
    for (; at >= 0; at = rest.indexOf(goBuildInfoMark, at + 1)) {
      const read = parseGoBuildInfo(rest.subarray(at))
      if (read.kind === 'found') return read
      if (read.kind === 'incomplete') break
      if (read.kind === 'legacy') sawLegacy = true
    }
    // A mark may be cut by the end of this piece.
    rest = rest.subarray(at >= 0 ? at : Math.max(0, rest.length - goBuildInfoMark.length + 1))
  }
  return sawLegacy ? { kind: 'legacy' } : undefined
}
