import { crc32, deflateRawSync } from 'node:zlib'

/** A file for {@link encodeZip}; `size` is what the archive says of its length. */
export interface ZipFileDescription {
  readonly name: string
  readonly content: string
  readonly size?: number | undefined
  readonly encrypted?: boolean | undefined
}

/** An archive with deflated files, all of 2026-11-20 10:00:00 (PKWARE APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16). */
export function encodeZip(files: readonly ZipFileDescription[]): Buffer {
  const date = ((2026 - 1980) << 9) | (11 << 5) | 20
  const time = 10 << 11
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const { name, content, size = Buffer.byteLength(content), encrypted = false } of files) {
    const bytes = Buffer.from(content)
    const packed = deflateRawSync(bytes)
    // from version needed to the length of the extra field, the same in both places
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(encrypted ? 1 : 0, 2)
    fields.writeUInt16LE(8, 4)
    fields.writeUInt16LE(time, 6)
    fields.writeUInt16LE(date, 8)
    fields.writeUInt32LE(crc32(bytes), 10)
    fields.writeUInt32LE(packed.length, 14)
    fields.writeUInt32LE(size, 18)
    fields.writeUInt16LE(Buffer.byteLength(name), 22)
    const start = Buffer.from('PK\x03\x04', 'latin1')
    const local = Buffer.concat([start, fields, Buffer.from(name), packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    central.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), fields, tail, Buffer.from(name))
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}
