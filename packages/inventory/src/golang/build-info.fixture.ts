import { type CraftedSection, elfProgram } from '../program/program.fixture.ts'

interface GoProgramOptions {
  /** Bytes of other content before. */
  readonly before?: number
  /** Flags of the header; 2 says that the texts follow. */
  readonly flags?: number
}

/** Bytes of an ELF program with build information as the Go linker writes it, for tests. */
export function goProgram(
  goVersion: string,
  lines: readonly string[],
  { before = 70_000, flags = 2 }: GoProgramOptions = {},
): Buffer {
  return elfProgram([
    {
      name: '.rodata',
      // Programs that read build information have the mark among their own texts.
      bytes: Buffer.concat([
        Buffer.alloc(before),
        Buffer.from('\xff Go buildinf:not here\xff Go buildinf:\x08\x02', 'latin1'),
        Buffer.alloc(30),
      ]),
    },
    goSection('.go.buildinfo', goVersion, lines, { flags }),
  ])
}

/** A section with build information in the form of Go 1.18 and later. */
export function goSection(
  name: string,
  goVersion: string,
  lines: readonly string[],
  { flags = 2 }: Pick<GoProgramOptions, 'flags'> = {},
): CraftedSection {
  const header = Buffer.alloc(32)
  header.write('\xff Go buildinf:', 'latin1')
  header[14] = 8
  header[15] = flags
  return {
    name,
    bytes: Buffer.concat([header, prefixed(Buffer.from(goVersion)), prefixed(moduleText(lines))]),
  }
}

/** A section with pointers to the texts, as Go wrote it before 1.18. */
export function pointerSection(
  name: string,
  goVersion: string,
  lines: readonly string[],
  { bits, littleEndian }: { readonly bits: 32 | 64; readonly littleEndian: boolean },
): CraftedSection {
  return {
    name,
    bytes: (address) => {
      const size = bits / 8
      const modules = moduleText(lines)
      const texts = 32 + 4 * size
      const bytes = Buffer.alloc(texts + goVersion.length + modules.length)
      const word = (at: number, value: number) => {
        if (bits === 64) bytes[littleEndian ? 'writeBigUInt64LE' : 'writeBigUInt64BE'](BigInt(value), at)
        else bytes[littleEndian ? 'writeUInt32LE' : 'writeUInt32BE'](value, at)
      }
      bytes.write('\xff Go buildinf:', 'latin1')
      bytes[14] = size
      bytes[15] = littleEndian ? 0 : 1
      word(16, address + 32)
      word(16 + size, address + 32 + 2 * size)
      word(32, address + texts)
      word(32 + size, goVersion.length)
      word(32 + 2 * size, address + texts + goVersion.length)
      word(32 + 3 * size, modules.length)
      bytes.write(goVersion, texts)
      modules.copy(bytes, texts + goVersion.length)
      return bytes
    },
  }
}

function moduleText(lines: readonly string[]): Buffer {
  const mark = Buffer.alloc(16, 0x30)
  return lines.length === 0
    ? Buffer.alloc(0)
    : Buffer.concat([mark, Buffer.from(lines.map((line) => `${line}\n`).join('')), mark])
}

function prefixed(bytes: Uint8Array): Uint8Array {
  const length: number[] = []
  let rest = bytes.length
  for (; rest >= 0x80; rest >>= 7) length.push((rest & 0x7f) | 0x80)
  return Buffer.concat([Buffer.from([...length, rest]), bytes])
}
