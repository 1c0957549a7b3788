/** A section of a crafted program. */
export interface CraftedSection {
  readonly name: string
  /** Or what makes them, given where they will lie in memory. */
  readonly bytes: Uint8Array | ((address: number) => Uint8Array)
}

const base = 0x400000

interface Placed {
  readonly name: string
  readonly at: number
  readonly bytes: Buffer
}

function place(sections: readonly CraftedSection[], start: number, origin: number): Placed[] {
  let at = start
  return sections.map(({ name, bytes }) => {
    at = Math.ceil(at / 16) * 16
    const placed = { name, at, bytes: Buffer.from(typeof bytes === 'function' ? bytes(origin + at) : bytes) }
    at += placed.bytes.length
    return placed
  })
}

function writer(bytes: Buffer, littleEndian: boolean, bits: 32 | 64) {
  const u16 = (at: number, value: number) =>
    littleEndian ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at)
  const u32 = (at: number, value: number) =>
    littleEndian ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at)
  const u64 = (at: number, value: number) =>
    littleEndian ? bytes.writeBigUInt64LE(BigInt(value), at) : bytes.writeBigUInt64BE(BigInt(value), at)
  return { u16, u32, word: bits === 64 ? u64 : u32 }
}

/** An ELF program with these sections, each a segment that may be written. */
export function elfProgram(
  given: readonly CraftedSection[],
  {
    bits = 64,
    littleEndian = true,
    stripped = false,
  }: { readonly bits?: 32 | 64; readonly littleEndian?: boolean; readonly stripped?: boolean } = {},
): Buffer {
  const wide = bits === 64
  const [header, segment, entry] = wide ? [64, 56, 64] : [52, 32, 40]
  const names = Buffer.from(`\0${given.map(({ name }) => `${name}\0`).join('')}.shstrtab\0`)
  const placed = place([...given, { name: '.shstrtab', bytes: names }], header + given.length * segment, base)
  const last = placed.at(-1)!
  const tableAt = last.at + last.bytes.length
  const bytes = Buffer.alloc(stripped ? last.at : tableAt + (placed.length + 1) * entry)
  const { u16, u32, word } = writer(bytes, littleEndian, bits)
  bytes.write('\x7fELF', 'latin1')
  bytes[4] = wide ? 2 : 1
  bytes[5] = littleEndian ? 1 : 2
  bytes[6] = 1
  u16(16, 2)
  word(wide ? 32 : 28, header)
  u16(wide ? 56 : 44, given.length)
  if (!stripped) {
    word(wide ? 40 : 32, tableAt)
    u16(wide ? 60 : 48, placed.length + 1)
    u16(wide ? 62 : 50, placed.length)
  }
  for (const [index, { name, at, bytes: content }] of placed.entries()) {
    if (index < given.length) {
      content.copy(bytes, at)
      const head = header + index * segment
      u32(head, 1)
      u32(head + (wide ? 4 : 24), 6)
      word(head + (wide ? 8 : 4), at)
      word(head + (wide ? 16 : 8), base + at)
      word(head + (wide ? 32 : 16), content.length)
    }
    if (stripped) continue
    content.copy(bytes, at)
    const head = tableAt + (index + 1) * entry
    u32(head, names.indexOf(`\0${name}\0`) + 1)
    u32(head + 4, 1)
    word(head + 8, 3)
    word(head + (wide ? 16 : 12), base + at)
    word(head + (wide ? 24 : 16), at)
    word(head + (wide ? 32 : 20), content.length)
  }
  return bytes
}

/** A Windows program of 64 bits with these sections, which may be written. */
export function peProgram(given: readonly CraftedSection[]): Buffer {
  const optionalBytes = 112
  const tableAt = 64 + 24 + optionalBytes
  const placed = place(given, tableAt + given.length * 40, base)
  const last = placed.at(-1)!
  const bytes = Buffer.alloc(last.at + last.bytes.length)
  bytes.write('MZ')
  bytes.writeUInt32LE(64, 60)
  bytes.write('PE\0\0', 64)
  bytes.writeUInt16LE(given.length, 64 + 6)
  bytes.writeUInt16LE(optionalBytes, 64 + 20)
  bytes.writeUInt16LE(0x20b, 88)
  bytes.writeBigUInt64LE(BigInt(base), 88 + 24)
  for (const [index, { name, at, bytes: content }] of placed.entries()) {
    content.copy(bytes, at)
    const head = tableAt + index * 40
    bytes.write(name, head)
    bytes.writeUInt32LE(at, head + 12)
    bytes.writeUInt32LE(content.length, head + 16)
    bytes.writeUInt32LE(at, head + 20)
    bytes.writeUInt32LE(0xc0000040, head + 36)
  }
  return bytes
}

/** A Mach-O program of 64 bits with these sections in one segment. */
export function machOProgram(given: readonly CraftedSection[]): Buffer {
  const command = 72 + given.length * 80
  const placed = place(given, 32 + command, base)
  const last = placed.at(-1)!
  const bytes = Buffer.alloc(last.at + last.bytes.length)
  const { u32, word } = writer(bytes, true, 64)
  u32(0, 0xfeedfacf)
  u32(16, 1)
  u32(20, command)
  u32(32, 0x19)
  u32(36, command)
  bytes.write('__DATA', 40)
  word(32 + 24, base)
  word(32 + 48, bytes.length)
  u32(32 + 60, 3)
  u32(32 + 64, given.length)
  for (const [index, { name, at, bytes: content }] of placed.entries()) {
    content.copy(bytes, at)
    const head = 32 + 72 + index * 80
    bytes.write(name, head)
    word(head + 32, base + at)
    word(head + 40, content.length)
    u32(head + 48, at)
  }
  return bytes
}

/** A universal Mach-O file of these programs. */
export function fatMachO(programs: readonly Buffer[]): Buffer {
  let at = 8 + programs.length * 20
  const header = Buffer.alloc(at)
  header.writeUInt32BE(0xcafebabe, 0)
  header.writeUInt32BE(programs.length, 4)
  for (const [index, program] of programs.entries()) {
    header.writeUInt32BE(at, 8 + index * 20 + 8)
    header.writeUInt32BE(program.length, 8 + index * 20 + 12)
    at += program.length
  }
  return Buffer.concat([header, ...programs])
}
