const magic = 'glibc-ld.so.cache1.1'
const headerBytes = 48
const entryBytes = 24
const maxStringBytes = 4096
/** Marks the extensions behind the strings, and the one that names subfolders of `glibc-hwcaps`. */
const extensionMagic = 0xea_a4_21_74
const hwcapsTag = 1
/** Set in a library's capabilities when their low half is a position in that extension. */
const isExtensionBit = 0x4000_0000

interface CacheEntry {
  readonly flags: number
  readonly osVersion: number
  readonly hwcapLow: number
  readonly hwcapHigh: number
  readonly name: string
  readonly path: string
}

interface Extension {
  readonly tag: number
  readonly flags: number
  readonly content: Buffer
  /** Of the extension of hardware capabilities: its names. */
  readonly names?: readonly string[]
}

interface LinkerCache {
  readonly entries: readonly CacheEntry[]
  readonly byteOrder: number
  readonly extensions: readonly Extension[] | undefined
}

/**
 * Leaves libraries that are gone out of `/etc/ld.so.cache` (format 1.1 of glibc; of a file in both formats, the new
 * one stays). The order stays, because the dynamic linker searches by halves; so do hardware capabilities and the name
 * of the generator. A file in another format, or a damaged one, is given back as it is.
 */
export function filterLinkerCache(bytes: Uint8Array, isGone: (path: string) => boolean): Uint8Array {
  const cache = read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  if (cache === undefined) return bytes
  const entries = cache.entries.filter(({ path }) => !isGone(path))
  return entries.length === cache.entries.length ? bytes : encode({ ...cache, entries })
}

function read(file: Buffer): LinkerCache | undefined {
  const start = file.indexOf(magic, 0, 'latin1')
  if (start < 0) return undefined
  // Offsets count from the header of this format.
  const bytes = file.subarray(start)
  try {
    return readEntries(bytes)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Big-endian files are left alone: read so, their count leads out of the file. */
function readEntries(bytes: Buffer): LinkerCache {
  const count = bytes.readUInt32LE(20)
  const byteOrder = bytes.readUInt8(28)
  if (headerBytes + count * entryBytes > bytes.length) throw new RangeError('more entries than bytes')
  const entries: CacheEntry[] = []
  for (let index = 0; index < count; index++) {
    const at = headerBytes + index * entryBytes
    const path = readString(bytes, bytes.readUInt32LE(at + 8))
    if (!path.startsWith('/')) throw new RangeError('an entry without a path')
    entries.push({
      flags: bytes.readInt32LE(at),
      name: readString(bytes, bytes.readUInt32LE(at + 4)),
      path,
      osVersion: bytes.readUInt32LE(at + 12),
      hwcapLow: bytes.readUInt32LE(at + 16),
      hwcapHigh: bytes.readUInt32LE(at + 20),
    })
  }
  const extensionAt = bytes.readUInt32LE(32)
  const extensions = extensionAt === 0 ? undefined : readExtensions(bytes, extensionAt)
  const names = extensions?.find(({ tag }) => tag === hwcapsTag)?.names?.length ?? 0
  if (entries.some(({ hwcapHigh, hwcapLow }) => (hwcapHigh & isExtensionBit) !== 0 && hwcapLow >= names))
    throw new RangeError('capabilities that are not named')
  return { entries, byteOrder, extensions }
}

function readExtensions(bytes: Buffer, at: number): readonly Extension[] {
  if (bytes.readUInt32LE(at) !== extensionMagic) throw new RangeError('no extensions')
  const count = bytes.readUInt32LE(at + 4)
  const extensions: Extension[] = []
  for (let index = 0; index < count; index++) {
    const section = at + 8 + index * 16
    const tag = bytes.readUInt32LE(section)
    const flags = bytes.readUInt32LE(section + 4)
    const offset = bytes.readUInt32LE(section + 8)
    const size = bytes.readUInt32LE(section + 12)
    if (offset + size > bytes.length) throw new RangeError('an extension that leads out of the file')
    const content = bytes.subarray(offset, offset + size)
    if (tag !== hwcapsTag) {
      extensions.push({ tag, flags, content })
      continue
    }
    const names = Array.from({ length: Math.floor(size / 4) }, (_, position) =>
      readString(bytes, content.readUInt32LE(position * 4)),
    )
    extensions.push({ tag, flags, content, names })
  }
  return extensions
}

function readString(bytes: Buffer, at: number): string {
  const end = at < bytes.length ? bytes.indexOf(0, at) : -1
  if (end < 0 || end - at > maxStringBytes) throw new RangeError('a string without an end')
  return bytes.toString('latin1', at, end)
}

function encode({ entries, byteOrder, extensions }: LinkerCache): Buffer {
  const strings = new StringTable(headerBytes + entries.length * entryBytes)
  const header = Buffer.alloc(headerBytes)
  header.write(magic, 0, 'latin1')
  header.writeUInt32LE(entries.length, 20)
  header.writeUInt8(byteOrder, 28)
  const table = Buffer.alloc(entries.length * entryBytes)
  for (const [index, entry] of entries.entries()) {
    const at = index * entryBytes
    table.writeInt32LE(entry.flags, at)
    table.writeUInt32LE(strings.add(entry.name), at + 4)
    table.writeUInt32LE(strings.add(entry.path), at + 8)
    table.writeUInt32LE(entry.osVersion, at + 12)
    table.writeUInt32LE(entry.hwcapLow, at + 16)
    table.writeUInt32LE(entry.hwcapHigh, at + 20)
  }
  const contents = (extensions ?? []).map(({ content, names }) => {
    if (names === undefined) return content
    const offsets = Buffer.alloc(names.length * 4)
    for (const [index, name] of names.entries()) offsets.writeUInt32LE(strings.add(name), index * 4)
    return offsets
  })
  const text = strings.bytes()
  header.writeUInt32LE(text.length, 24)
  if (extensions === undefined) return Buffer.concat([header, table, text])

  const end = headerBytes + table.length + text.length
  const extensionAt = align(end)
  header.writeUInt32LE(extensionAt, 32)
  const directory = Buffer.alloc(8 + extensions.length * 16)
  directory.writeUInt32LE(extensionMagic, 0)
  directory.writeUInt32LE(extensions.length, 4)
  const parts: Buffer[] = []
  let offset = extensionAt + directory.length
  for (const [index, { tag, flags }] of extensions.entries()) {
    const content = contents[index] ?? Buffer.alloc(0)
    const at = 8 + index * 16
    directory.writeUInt32LE(tag, at)
    directory.writeUInt32LE(flags, at + 4)
    directory.writeUInt32LE(offset, at + 8)
    directory.writeUInt32LE(content.length, at + 12)
    const padding = Buffer.alloc(align(offset + content.length) - offset - content.length)
    parts.push(content, padding)
    offset += content.length + padding.length
  }
  return Buffer.concat([header, table, text, Buffer.alloc(extensionAt - end), directory, ...parts])
}

const align = (position: number) => Math.ceil(position / 4) * 4

/** Strings that end in a NUL, each once. */
class StringTable {
  readonly #start: number
  readonly #known = new Map<string, number>()
  readonly #parts: Buffer[] = []
  #size = 0

  constructor(start: number) {
    this.#start = start
  }

  /** Gives the string's offset in the file. */
  add(text: string): number {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const offset = this.#start + this.#size
    this.#known.set(text, offset)
    const part = Buffer.from(`${text}\0`, 'latin1')
    this.#parts.push(part)
    this.#size += part.length
    return offset
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }
}
