import { describe, expect, it } from 'vitest'
import { buildElf } from './elf.fixture.ts'
import { findCommandTexts, findCompiledCommands, startsCommands } from './find-commands.ts'
import { parseElf } from './parse-elf.ts'

const commands = new Set(['git', 'gzip', 'blockdev', 'stat', 'su', 'sh', 'test'])
const isCommand = (name: string) => commands.has(name)
const program = { interpreter: '/lib64/ld-linux-x86-64.so.2' }

describe('findCommandTexts', () => {
  it.each([
    ['looks commands up', { ...program, imports: ['execvp'], data: 'git\0none' }, ['git']],
    [
      'looks sh up, and has a word for a language',
      { ...program, imports: ['execlp'], data: 'sh\0su' },
      ['sh'],
    ],
    ['starts a shell', { ...program, imports: ['popen'], data: 'gzip -dc %s\0test failed' }, ['gzip']],
    ['imports a function of that name', { ...program, imports: ['execvp', 'stat'] }, []],
    ['is a library', { soname: 'libgit.so.1', imports: ['execvp'], data: 'git' }, []],
    ['is a module without a name of its own', { imports: ['execvp'], data: 'git' }, ['git']],
    ['starts nothing', { ...program, imports: ['open'], data: 'git' }, []],
  ])('finds in a program that %s: %j', (_title, parts, expected) => {
    const file = buildElf(parts)
    expect(findCommandTexts(file, parseElf(file)!, isCommand)).toEqual(expected)
  })
})

describe('findCommandTexts, in a static program', () => {
  it('takes all texts, since what it imports is in it', () => {
    const isolated = { searchesPath: false, startsShell: false, isStatic: true }
    expect(findCommandTexts(buildElf({ data: 'git\0none' }), isolated, isCommand)).toEqual(['git'])
  })
})

const base = 0x10000

/** A program with code that loads texts which have no end, one behind the other. */
function compiled(machine: number, code: (address: number) => Buffer): Buffer {
  const texts = 'xxblockdevgityy'
  const room = '#'.repeat(64)
  const file = buildElf({ machine, data: `${texts}${room}` })
  const at = Math.ceil(file.indexOf(room) / 8) * 8
  code(base + file.indexOf('blockdev') - (base + at)).copy(file, at)
  return file
}

const x86 = (length: number) => (distance: number) => {
  const bytes = Buffer.from([0x48, 0x8d, 0x05, 0, 0, 0, 0, 0xbb, length, 0, 0, 0])
  bytes.writeInt32LE(distance - 7, 3)
  return bytes
}

describe('findCompiledCommands', () => {
  it.each([
    ['loads with its length', 8, ['blockdev']],
    ['loads with the length of another text', 9, []],
  ])('finds a text that code of x86-64 %s', (_title, length, expected) => {
    expect(findCompiledCommands(compiled(62, x86(length)), isCommand)).toEqual(expected)
  })

  it('finds a text by a pair of address and length', () => {
    const file = compiled(243, () => Buffer.alloc(16))
    const at = Math.ceil((file.indexOf('blockdev') + 16) / 8) * 8
    file.writeBigUInt64LE(BigInt(base + file.indexOf('git')), at)
    file.writeBigUInt64LE(3n, at + 8)
    expect(findCompiledCommands(file, isCommand)).toEqual(['git'])
  })

  it('finds nothing in what is no program', () => {
    expect(findCompiledCommands(Buffer.from('blockdev'), isCommand)).toEqual([])
  })
})

describe('startsCommands', () => {
  it.each([
    ['Go with os/exec', '\xff Go buildinf: os/exec.(*Cmd).Start', true],
    ['Go without', '\xff Go buildinf: os.Open', false],
    ['Rust', '/rustc/abc/library/std', true],
    ['C', 'GCC: (Debian)', false],
  ])('tells of a program of %s: %s', (_title, data, expected) => {
    expect(startsCommands(Buffer.from(data, 'latin1'))).toBe(expected)
  })
})
