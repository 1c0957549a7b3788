/** Tables of an ELF file, and how its numbers are read. */
export interface ElfLayout {
  readonly bytes: Buffer
  readonly wide: boolean
  readonly little: boolean
  readonly machine: number
  readonly segments: readonly Segment[]
  readonly u16: (at: number) => number
  readonly u32: (at: number) => number
  /** A number of the file's class; exact up to 2^53. */
  readonly word: (at: number) => number
}

/** One program header. */
export interface Segment {
  readonly type: number
  readonly offset: number
  readonly address: number
  readonly fileSize: number
}

const maxProgramHeaders = 4_096

/**
 * Reads header and program headers of an ELF file (System V ABI, chapters 4 and 5); `undefined` for what is none.
 *
 * @throws {RangeError} when they lead out of the file.
 */
export function readElfLayout(file: Uint8Array): ElfLayout | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  if (bytes.length < 52 || bytes.readUInt32BE(0) !== 0x7f454c46) return undefined
  const [wide, little] = [bytes[4] === 2, bytes[5] === 1]
  if ((bytes[4] !== 1 && !wide) || (bytes[5] !== 2 && !little)) return undefined

  const u16 = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  const u32 = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  const word = (at: number) => {
    if (!wide) return u32(at)
    const value = Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at))
    return value
  }
  const [headersAt, headerSize, headerCount] = wide
    ? [word(32), u16(54), u16(56)]
    : [word(28), u16(42), u16(44)]
  if (headerCount > maxProgramHeaders) return undefined
  const segments: Segment[] = []
  for (let index = 0; index < headerCount; index++) {
    const at = headersAt + index * headerSize
    segments.push(
      wide
        ? { type: u32(at), offset: word(at + 8), address: word(at + 16), fileSize: word(at + 32) }
        : { type: u32(at), offset: word(at + 4), address: word(at + 8), fileSize: word(at + 16) },
    )
  }
  return { bytes, wide, little, machine: u16(18), segments, u16, u32, word }
}
