const fileStatesTag = 1029
const regionTags = new Set([61, 62, 63])
const entryBytes = 16
/** `RPMFILE_STATE_NOTINSTALLED`. */
const notInstalled = 2

/**
 * Marks files in a header as not installed, by their positions in its list. The states lie outside of the part that
 * signatures and digests cover; rpm wrote them when it installed the package.
 *
 * @throws {SyntaxError} when the header has no such states.
 */
export function leaveOutFiles(header: Uint8Array, positions: Iterable<number>): Uint8Array {
  const bytes = Buffer.from(header)
  const entryCount = bytes.readUInt32BE(0)
  const dataStart = 8 + entryCount * entryBytes
  const region = readRegion(bytes, entryCount, dataStart)
  let last: { readonly start: number; readonly count: number } | undefined
  // Of two entries with one tag the later counts.
  for (let index = 0; index < entryCount; index++) {
    const at = 8 + index * entryBytes
    if (bytes.readInt32BE(at) !== fileStatesTag) continue
    const isByte = bytes.readUInt32BE(at + 4) === 1 || bytes.readUInt32BE(at + 4) === 2
    if (!isByte || index < region.entries) throw new SyntaxError('states of files that can not be changed')
    last = { start: dataStart + bytes.readUInt32BE(at + 8), count: bytes.readUInt32BE(at + 12) }
  }
  if (!last || last.start < dataStart + region.dataBytes || last.start + last.count > bytes.byteLength) {
    throw new SyntaxError('no states of files outside of what is signed')
  }
  for (const position of positions) {
    if (position < 0 || position >= last.count) throw new SyntaxError(`no state of file ${position}`)
    bytes[last.start + position] = notInstalled
  }
  return bytes
}

/** How many entries and bytes of data the immutable region takes, by its trailer (rpm, `regionSwab`). */
function readRegion(
  bytes: Buffer,
  entryCount: number,
  dataStart: number,
): { readonly entries: number; readonly dataBytes: number } {
  if (entryCount === 0 || !regionTags.has(bytes.readInt32BE(8))) return { entries: 0, dataBytes: 0 }
  const offset = bytes.readUInt32BE(16)
  const trailer = dataStart + offset
  if (trailer + entryBytes > bytes.byteLength)
    throw new SyntaxError('a region that ends outside of its header')
  const length = -bytes.readInt32BE(trailer + 8)
  if (length < entryBytes || length % entryBytes !== 0) throw new SyntaxError(`a region of ${length} bytes`)
  return { entries: length / entryBytes, dataBytes: offset + entryBytes }
}
