import type { ElfFile } from './parse-elf.ts'
import { readElfLayout, type ElfLayout } from './read-elf-layout.ts'

const maxLength = 40
const x86 = 62
const arm = 183

/**
 * Finds names of commands in a program of C: texts between zeros, whole for programs that look them up in PATH
 * (`execvp("git", …)`), as the first word before options and operands for those that start a shell
 * (`popen("gzip -dc %s")`). Words of two letters mean languages and units, but for `sh`. A program without a linker has no
 * imports: it looks commands up when it has the name of PATH.
 */
export function findCommandTexts(
  file: Uint8Array,
  {
    interpreter,
    soname,
    searchesPath,
    startsShell,
    symbolNames,
    needed,
    isStatic = interpreter === undefined && soname === undefined && needed.length === 0,
  }: Pick<
    ElfFile,
    'searchesPath' | 'startsShell' | 'symbolNames' | 'interpreter' | 'needed' | 'soname' | 'isStatic'
  >,
  isCommand: (name: string) => boolean,
): readonly string[] {
  // Libraries, which have a name of their own, have words for everything, and start what their programs tell them to.
  const looksUp =
    (isStatic && namesPath(file)) || (searchesPath && (interpreter !== undefined || soname === undefined))
  const layout = looksUp || startsShell ? readLayout(file) : undefined
  const found = new Set<string>()
  for (const { type, offset, fileSize, isCode } of layout?.segments ?? []) {
    if (type !== 1 || isCode) continue
    const bytes = layout!.bytes.subarray(0, offset + fileSize)
    for (let at = bytes.indexOf(0, offset); at >= 0; at = bytes.indexOf(0, at + 1)) {
      if (symbolNames && at >= symbolNames.start && at < symbolNames.end) at = symbolNames.end
      const first = bytes[at + 1]
      if (!isLetterOrDigit(first)) continue
      let end = at + 2
      while (end - at <= maxLength && isNameByte(bytes[end])) end++
      const isWhole =
        looksUp && bytes[end] === 0 && (end - at > 3 || bytes.toString('latin1', at + 1, end) === 'sh')
      const isFirst = startsShell && bytes[end] === 0x20 && isOperand(bytes[end + 1])
      if (end - at < 3 || (!isWhole && !isFirst)) continue
      const name = bytes.toString('latin1', at + 1, end)
      if (isCommand(name) && !machines.test(name)) found.add(name)
    }
  }
  return [...found]
}

/** Names of machines, under which setarch(8) can be called too; programs are built for them. */
const machines = /^(?:x86_64|i[3-6]86|aarch64|armv\w+|ppc\w*|riscv\w+|s390\w*|linux32|linux64)$/

const namesPath = (file: Uint8Array) =>
  Buffer.from(file.buffer, file.byteOffset, file.byteLength).includes('\0PATH\0', 0, 'latin1')

const isLetterOrDigit = (byte: number | undefined) =>
  byte !== undefined &&
  ((byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39))
const isNameByte = (byte: number | undefined) =>
  isLetterOrDigit(byte) || byte === 0x2d || byte === 0x2e || byte === 0x2b || byte === 0x5f
/** `-`, `/`, `"`, `'`, `%`, `<`, `>`, `|`, `$`: none of them begins the second word of a message. */
const isOperand = (byte: number | undefined) =>
  byte !== undefined && '-/"\'%<>|$'.includes(String.fromCharCode(byte))

/** Whether Go or Rust made a program that starts others; their texts have no end, and lie one behind the other. */
export function startsCommands(file: Uint8Array): boolean {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const isGo = bytes.includes('\xff Go buildinf:', 0, 'latin1')
  return isGo ? bytes.includes('os/exec.') || bytes.includes('syscall.Exec') : bytes.includes('/rustc/')
}

/**
 * Finds names of commands in a program whose texts have no end: by the places that load the address of a text and,
 * near that, its length, and by pairs of address and length in its data. Code of x86-64 and AArch64 is understood;
 * programs of other machines are judged by their data.
 */
export function findCompiledCommands(
  file: Uint8Array,
  isCommand: (name: string) => boolean,
): readonly string[] {
  const layout = readLayout(file)
  if (!layout?.little || !layout.wide) return []
  const found = new Set<string>()
  const take = (address: number, length: number) => {
    if (length < 2 || length > maxLength) return
    const at = toOffset(layout, address)
    if (at === undefined || !isNameByte(layout.bytes[at])) return
    const name = layout.bytes.toString('latin1', at, at + length)
    if (isCommand(name)) found.add(name)
  }
  for (const { type, offset, address, fileSize } of layout.segments) {
    if (type !== 1) continue
    const end = Math.min(offset + fileSize, layout.bytes.length)
    takeHeaders(layout, offset, end, take)
    if (layout.machine === x86) takeX86(layout, offset, end, address, take)
    if (layout.machine === arm) takeArm(layout, offset, end, address, take)
  }
  return [...found]
}

function readLayout(file: Uint8Array): ElfLayout | undefined {
  try {
    return readElfLayout(file)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function toOffset({ segments }: ElfLayout, address: number): number | undefined {
  for (const { type, offset, address: start, fileSize } of segments)
    if (type === 1 && address >= start && address < start + fileSize) return address - start + offset
  return undefined
}

type Take = (address: number, length: number) => void

/** A text in memory is its address and its length. */
function takeHeaders({ bytes }: ElfLayout, start: number, end: number, take: Take): void {
  for (let at = Math.ceil(start / 8) * 8; at + 16 <= end; at += 8) {
    const length = bytes.readUInt32LE(at + 8)
    if (length < 2 || length > maxLength || bytes.readUInt32LE(at + 12) !== 0) continue
    take(bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32, length)
  }
}

const near = 32

/** `lea reg, [rip + distance]`, and the length as a number of four bytes before or behind it. */
function takeX86({ bytes }: ElfLayout, start: number, end: number, address: number, take: Take): void {
  for (let at = bytes.indexOf(0x8d, start); at > 0 && at + 6 <= end; at = bytes.indexOf(0x8d, at + 1)) {
    if ((bytes[at - 1]! & 0xf8) !== 0x48 || (bytes[at + 1]! & 0xc7) !== 0x05) continue
    const target = address + (at + 6 - start) + bytes.readInt32LE(at + 2)
    for (let place = Math.max(start, at - near); place < at + near && place + 4 <= end; place++) {
      const length = bytes[place]!
      if (length > maxLength || bytes[place + 1] !== 0 || bytes[place + 2] !== 0 || bytes[place + 3] !== 0)
        continue
      take(target, length)
    }
  }
}

/** `adrp reg, page; add reg, reg, #rest`, and the length moved into a register nearby. */
function takeArm({ bytes }: ElfLayout, start: number, end: number, address: number, take: Take): void {
  const instruction = (at: number) => bytes.readUInt32LE(at)
  for (let at = Math.ceil(start / 4) * 4; at + 8 <= end; at += 4) {
    const page = instruction(at)
    if ((page & 0x9f00_0000) >>> 0 !== 0x9000_0000) continue
    const rest = instruction(at + 4)
    if ((rest & 0xffc0_0000) >>> 0 !== 0x9100_0000 || ((rest >> 5) & 31) !== (page & 31)) continue
    const pages = (((((page >> 5) & 0x7_ffff) << 2) | ((page >> 29) & 3)) << 11) >> 11
    const here = address + (at - start)
    const target = here - (here % 4096) + pages * 4096 + ((rest >> 10) & 0xfff)
    for (let place = Math.max(start, at - near); place < at + near && place + 4 <= end; place += 4) {
      const length = movedNumber(instruction(place))
      if (length !== undefined) take(target, length)
    }
  }
}

/** The small number that `movz` or `orr` with the zero register puts into a register. */
function movedNumber(instruction: number): number | undefined {
  if ((instruction & 0x7fe0_0000) >>> 0 === 0x5280_0000) return (instruction >> 5) & 0xffff
  if ((instruction & 0xffc0_03e0) >>> 0 !== 0xb240_03e0) return undefined
  const ones = 2 ** (((instruction >> 10) & 63) + 1) - 1
  const rotated = (instruction >> 16) & 63
  return rotated === 0 ? ones : ones * 2 ** (64 - rotated)
}
