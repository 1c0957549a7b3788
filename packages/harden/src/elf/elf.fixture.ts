/** What {@link buildElf} puts into a file. */
export interface ElfParts {
  readonly bits?: 32 | 64
  readonly order?: 'little' | 'big'
  readonly machine?: number
  readonly interpreter?: string
  readonly needed?: readonly string[]
  readonly rpath?: string
  readonly runpath?: string
  readonly soname?: string
  /** Names of undefined symbols. */
  readonly imports?: readonly string[]
  /** Names of symbols that the file defines itself. */
  readonly exports?: readonly string[]
  /** Bytes after everything else, as a program's constants are. */
  readonly data?: string
  /** Versions asked of libraries, e.g. `{ 'libc.so.6': ['GLIBC_2.34'] }`. */
  readonly needs?: Readonly<Record<string, readonly string[]>>
  /** Versions defined. */
  readonly provides?: readonly string[]
  /** More entries of the dynamic section, in front of the others. */
  readonly dynamic?: readonly (readonly [tag: number, value: number])[]
}

/** Address at which the first byte of the file is. */
export const elfBase = 0x10000

/** Makes a small ELF file with a dynamic section, for tests: sound enough for readelf, with no code in it. */
export function buildElf(parts: ElfParts = {}): Buffer {
  const { bits = 64, order = 'little', machine = 62, interpreter, imports = [], exports = [] } = parts
  const wide = bits === 64
  const [headerSize, programSize, wordSize, symbolSize] = wide ? [64, 56, 8, 24] : [52, 32, 4, 16]
  const u16 = (value: number) => numberBytes(value, 2, order)
  const u32 = (value: number) => numberBytes(value, 4, order)
  const word = (value: number) => numberBytes(value, wordSize, order)

  let strings = '\0'
  const intern = (text: string) => {
    const at = strings.length
    strings += `${text}\0`
    return at
  }
  const symbol = (name: string, section: number) =>
    wide
      ? Buffer.concat([u32(intern(name)), Buffer.from([0x12, 0]), u16(section), word(0), word(0)])
      : Buffer.concat([u32(intern(name)), word(0), word(0), Buffer.from([0x12, 0]), u16(section)])
  const symbols = Buffer.concat([
    Buffer.alloc(symbolSize),
    ...imports.map((name) => symbol(name, 0)),
    ...exports.map((name) => symbol(name, 1)),
  ])
  const tags: (readonly [number, number])[] = [...(parts.dynamic ?? [])]
  for (const name of parts.needed ?? []) tags.push([1, intern(name)])
  if (parts.rpath !== undefined) tags.push([15, intern(parts.rpath)])
  if (parts.runpath !== undefined) tags.push([29, intern(parts.runpath)])
  if (parts.soname !== undefined) tags.push([14, intern(parts.soname)])

  const programs = interpreter === undefined ? 2 : 3
  const interpreterAt = headerSize + programs * programSize
  const interpreterText = Buffer.from(interpreter === undefined ? '' : `${interpreter}\0`)
  const symbolsAt = Math.ceil((interpreterAt + interpreterText.length) / 8) * 8
  const stringsAt = symbolsAt + symbols.length
  const needs = Object.entries(parts.needs ?? {}).map(([library, versions], index, all) => {
    const aux = versions.map((name, at) =>
      Buffer.concat([u32(0), u16(0), u16(2), u32(intern(name)), u32(at + 1 < versions.length ? 16 : 0)]),
    )
    const next = index + 1 < all.length ? 16 + 16 * versions.length : 0
    return Buffer.concat([u16(1), u16(versions.length), u32(intern(library)), u32(16), u32(next), ...aux])
  })
  const provides = (parts.provides ?? []).map((name, index, all) =>
    Buffer.concat([
      ...[1, index === 0 ? 1 : 0, index + 1, 1].map(u16),
      ...[0, 20, index + 1 < all.length ? 28 : 0, intern(name), 0].map(u32),
    ]),
  )
  const needsAt = Math.ceil((stringsAt + strings.length) / 8) * 8
  const needsTable = Buffer.concat(needs)
  const providesAt = needsAt + needsTable.length
  const providesTable = Buffer.concat(provides)
  if (needs.length > 0) tags.push([0x6fff_fffe, elfBase + needsAt], [0x6fff_ffff, needs.length])
  if (provides.length > 0) tags.push([0x6fff_fffc, elfBase + providesAt], [0x6fff_fffd, provides.length])
  const dynamicAt = Math.ceil((providesAt + providesTable.length) / 8) * 8
  tags.push(
    [6, elfBase + symbolsAt],
    [11, symbolSize],
    [5, elfBase + stringsAt],
    [10, strings.length],
    [0, 0],
  )
  const dynamic = Buffer.concat(tags.flatMap(([tag, value]) => [word(tag), word(value)]))
  const data = Buffer.from(`\0${parts.data ?? ''}\0`, 'latin1')
  const size = dynamicAt + dynamic.length + data.length

  const program = (type: number, at: number, length: number) =>
    wide
      ? Buffer.concat([u32(type), u32(4), ...[at, elfBase + at, elfBase + at, length, length, 8].map(word)])
      : Buffer.concat([
          u32(type),
          ...[at, elfBase + at, elfBase + at, length, length].map(word),
          u32(4),
          u32(4),
        ])
  const file = Buffer.alloc(size)
  Buffer.concat([
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, order === 'little' ? 1 : 2, 1]),
    Buffer.alloc(9),
    u16(3),
    u16(machine),
    u32(1),
    word(0),
    word(headerSize),
    word(0),
    u32(0),
    ...[headerSize, programSize, programs, 0, 0, 0].map(u16),
    ...(interpreter === undefined ? [] : [program(3, interpreterAt, interpreterText.length)]),
    program(1, 0, size),
    program(2, dynamicAt, dynamic.length),
  ]).copy(file)
  interpreterText.copy(file, interpreterAt)
  symbols.copy(file, symbolsAt)
  file.write(strings, stringsAt, 'latin1')
  needsTable.copy(file, needsAt)
  providesTable.copy(file, providesAt)
  dynamic.copy(file, dynamicAt)
  data.copy(file, dynamicAt + dynamic.length)
  return file
}

function numberBytes(value: number, size: number, order: 'little' | 'big'): Buffer {
  const bytes = Buffer.alloc(size)
  bytes.writeUIntLE(value, 0, Math.min(size, 6))
  return order === 'little' ? bytes : bytes.reverse()
}
