import { crc32, deflateRawSync } from 'node:zlib'

/** Contents by path; a list for names that are there twice. */
export type ZipFiles =
  | Readonly<Record<string, string | Uint8Array>>
  | readonly (readonly [string, string | Uint8Array])[]

interface ZipOptions {
  /** Stored as it is instead of packed. */
  readonly stored?: boolean
  /** Bits of the general purpose flag; 1 says encrypted. */
  readonly flags?: number
  /** Adds to the size that headers tell. */
  readonly lie?: number
}

/** Bytes of a zip file, for tests. */
export function zipOf(files: ZipFiles, { stored = false, flags = 0, lie = 0 }: ZipOptions = {}): Buffer {
  const entries = Array.isArray(files)
    ? (files as readonly [string, string | Uint8Array][])
    : Object.entries(files)
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const [path, content] of entries) {
    const name = Buffer.from(path)
    const bytes = Buffer.from(content)
    const packed = stored ? bytes : deflateRawSync(bytes)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(flags, 2)
    fields.writeUInt16LE(stored ? 0 : 8, 4)
    fields.writeUInt32LE(crc32(bytes), 10)
    fields.writeUInt32LE(packed.length, 14)
    fields.writeUInt32LE(bytes.length + lie, 18)
    fields.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, name, packed])
    const offset = Buffer.alloc(14)
    offset.writeUInt32LE(at, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\0'), fields, offset, name)
    parts.push(local)
    at += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, central, end])
}

/** The `pom.properties` of an artifact, by its path. */
export function pomOf(
  groupId: string,
  artifactId: string,
  version: string,
): Readonly<Record<string, string>> {
  return {
    [`META-INF/maven/${groupId}/${artifactId}/pom.properties`]: `#Generated\nversion=${version}\ngroupId=${groupId}\nartifactId=${artifactId}\n`,
  }
}
