export interface Library {
  readonly name: string
  readonly path: string
  readonly hwcap?: bigint
}

/** A cache as ldconfig writes it: strings behind the entries, extensions behind the strings. */
export function cacheOf(libraries: readonly Library[], hwcaps: readonly string[] = [], prefix = ''): Buffer {
  const start = 48 + libraries.length * 24
  const header = Buffer.alloc(48)
  header.write('glibc-ld.so.cache1.1')
  header.writeUInt32LE(libraries.length, 20)
  header[28] = 2
  let strings = ''
  const known = new Map<string, number>()
  const add = (text: string) => {
    const at = known.get(text) ?? start + strings.length
    if (!known.has(text)) strings += `${text}\0`
    known.set(text, at)
    return at
  }
  const entries = libraries.map(({ name, path, hwcap = 0n }) => {
    const entry = Buffer.alloc(24)
    entry.writeInt32LE(0x0303, 0)
    entry.writeUInt32LE(add(name), 4)
    entry.writeUInt32LE(add(path), 8)
    entry.writeBigUInt64LE(hwcap, 16)
    return entry
  })
  const offsets = hwcaps.map((name) => {
    const offset = Buffer.alloc(4)
    offset.writeUInt32LE(add(name))
    return offset
  })
  header.writeUInt32LE(strings.length, 24)
  while ((start + strings.length) % 4 !== 0) strings += '\0'
  const at = start + strings.length
  header.writeUInt32LE(at, 32)
  const generator = Buffer.from('ldconfig test')
  const directoryOf = Buffer.alloc(40)
  const values = [0xeaa42174, 2, 0, 0, at + 40, generator.length, 1, 0, at + 40 + 16, hwcaps.length * 4]
  for (const [index, value] of values.entries()) directoryOf.writeUInt32LE(value, index * 4)
  return Buffer.concat([
    Buffer.from(prefix),
    header,
    ...entries,
    Buffer.from(strings),
    directoryOf,
    Buffer.concat([generator, Buffer.alloc(3)]),
    ...offsets,
  ])
}
