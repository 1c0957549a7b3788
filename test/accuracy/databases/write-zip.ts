import { writeFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

/** Writes a zip file without compression (APPNOTE 6.3, 4.3): names to contents, at most 65,535 of them. */
export async function writeZip(path: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  if (files.size > 0xffff) throw new RangeError(`${files.size} files need a zip64, which is not written here`)
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const [name, content] of files) {
    const encoded = Buffer.from(name)
    // from "version needed" to "extra field length": the same in both headers
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(0x21, 8)
    fields.writeUInt32LE(crc32(content), 10)
    fields.writeUInt32LE(content.length, 14)
    fields.writeUInt32LE(content.length, 18)
    fields.writeUInt16LE(encoded.length, 22)
    parts.push(Buffer.from('PK\u0003\u0004'), fields, encoded, content)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.from('PK\u0001\u0002\u0014\u0000'), fields, rest, encoded)
    offset += 30 + encoded.length + content.length
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0)
  const end = Buffer.alloc(22)
  end.write('PK\u0005\u0006')
  end.writeUInt16LE(files.size, 8)
  end.writeUInt16LE(files.size, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(offset, 16)
  await writeFile(path, Buffer.concat([...parts, ...directory, end]))
}
