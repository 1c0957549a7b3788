import type { FileContent } from '../files/image-files.ts'

/** Numbers of a header, in its byte order and word size. */
export interface HeaderFields {
  u16(at: number): number
  u32(at: number): number
  /** 4 or 8 bytes, by the word size. */
  word(at: number): number
}

/** Reads numbers out of `bytes`. Above 2^53 words are not exact. */
export function fieldsOf(bytes: Buffer, littleEndian: boolean, bits: 32 | 64): HeaderFields {
  const u16 = (at: number) => (littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  const u32 = (at: number) => (littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  const u64 = (at: number) => Number(littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at))
  return { u16, u32, word: bits === 64 ? u64 : u32 }
}

/**
 * Reads a part of a program that must be there.
 *
 * @throws {SyntaxError} when the file ends before.
 */
export async function readExactly(content: FileContent, offset: number, length: number): Promise<Buffer> {
  if (!(offset >= 0 && length >= 0 && offset + length <= content.size)) {
    throw new SyntaxError('a program whose headers point out of the file')
  }
  const bytes = await content.read(offset, length)
  if (bytes.byteLength < length) throw new SyntaxError('a program that ends before its headers say')
  return Buffer.from(bytes.buffer, bytes.byteOffset, length)
}

/** A name that ends at the first zero byte. */
export function textAt(bytes: Buffer, at: number, maxLength: number): string {
  const text = bytes.toString('latin1', at, Math.min(bytes.length, at + maxLength))
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}

/** A part of a content as if it were a file. */
export function sliceContent(content: FileContent, start: number, end: number = content.size): FileContent {
  const size = Math.max(0, Math.min(end, content.size) - start)
  return {
    size,
    read: (offset, length) => content.read(start + offset, Math.max(0, Math.min(length, size - offset))),
  }
}
