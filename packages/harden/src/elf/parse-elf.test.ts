import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildElf } from './elf.fixture.ts'
import { parseElf } from './parse-elf.ts'

const kinds = (['little', 'big'] as const).flatMap((order) =>
  ([32, 64] as const).map((bits) => ({ bits, order })),
)

describe('parseElf', () => {
  it.each(kinds)('reads a $bits bit file in $order byte order', (kind) => {
    const elf = parseElf(
      buildElf({
        ...kind,
        interpreter: '/lib64/ld-linux-x86-64.so.2',
        needed: ['libssl.so.3', 'libc.so.6'],
        rpath: '$ORIGIN/../lib:/opt/lib',
        runpath: '/opt/other::',
        soname: 'libx.so.1',
        imports: ['open', 'popen'],
      }),
    )
    expect(elf).toMatchObject({
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      needed: ['libssl.so.3', 'libc.so.6'],
      rpath: ['$ORIGIN/../lib', '/opt/lib'],
      runpath: ['/opt/other'],
      soname: 'libx.so.1',
      startsShell: true,
    })
  })

  it('gives files of different class, byte order or machine different kinds', () => {
    const found = [...kinds, { machine: 183 }].map((parts) => parseElf(buildElf(parts))?.kind)
    expect(new Set(found).size).toBe(5)
  })

  it.each([
    ['imports system', { imports: ['system'] }, true],
    ['imports wordexp', { imports: ['open', 'wordexp'] }, true],
    ['defines popen itself, as the C library does', { exports: ['popen'] }, false],
    [
      'imports names that only begin or end alike',
      { imports: ['popen2', 'xsystem', 'systemd', 'pop'] },
      false,
    ],
    ['imports nothing', {}, false],
  ] as const)('tells whether a file starts a shell that %s', (_case, parts, expected) => {
    expect(parseElf(buildElf(parts))?.startsShell).toBe(expected)
  })

  it.each(kinds)('reads versions of symbols of a $bits bit file in $order byte order', (kind) => {
    const needs = { 'libc.so.6': ['GLIBC_2.34', 'GLIBC_2.2.5'], 'libssl.so.3': ['OPENSSL_3.0.0'] }
    const elf = parseElf(buildElf({ ...kind, needs, provides: ['libx.so.1', 'X_1', 'X_2'] }))
    expect(elf?.needs).toEqual(Object.entries(needs).map(([library, versions]) => ({ library, versions })))
    expect(elf?.provides).toEqual(['X_1', 'X_2'])
  })

  it('says nothing of versions whose table leads out of the file, and still tells what is needed', () => {
    const file = buildElf({ needed: ['libssl.so.3'], needs: { 'libssl.so.3': ['OPENSSL_3.0.0'] } })
    expect(moveTag(file, 0x6fff_fffe, 0x7fff_0000)).toBe(1)
    expect(parseElf(file)).toMatchObject({ needed: ['libssl.so.3'], needs: [] })
  })

  it.each([
    ['imports execvp', { imports: ['execvp'] }, true],
    ['imports posix_spawnp', { imports: ['posix_spawnp'] }, true],
    ['imports execve, which takes a path', { imports: ['execve'] }, false],
  ] as const)('tells whether a file looks commands up that %s', (_case, parts, expected) => {
    expect(parseElf(buildElf(parts))?.searchesPath).toBe(expected)
  })

  it.each([
    [0x800, true],
    [0x801, true],
    [0x1, false],
  ])('reads of the flags %i whether built-in folders are left out: %s', (flags, expected) => {
    const elf = parseElf(buildElf({ dynamic: [[0x6fff_fffb, flags]] }))
    expect(elf?.skipsDefaultFolders).toBe(expected)
  })

  it('supposes a shell where the symbols can not be read, and still tells what is needed', () => {
    const file = buildElf({ needed: ['libssl.so.3'], imports: ['open'] })
    expect(moveTag(file, 6, 0x7fff_0000)).toBe(1)
    expect(parseElf(file)).toMatchObject({ needed: ['libssl.so.3'], startsShell: true })
  })

  it('finds the dynamic section by address and up to its end, as the dynamic linker does', () => {
    const file = buildElf({ needed: ['libssl.so.3'] })
    const header = 64 + 56
    expect(file.readUInt32LE(header)).toBe(2)
    file.writeBigUInt64LE(8n, header + 8) // Its offset and sizes, which nobody asks for, point to nothing.
    file.writeBigUInt64LE(0n, header + 32)
    file.writeBigUInt64LE(0n, header + 40)
    expect(parseElf(file)?.needed).toEqual(['libssl.so.3'])
  })

  it('takes the last string table when there are two', () => {
    const file = buildElf({ needed: ['libssl.so.3'], dynamic: [[5, 0x10000]] })
    expect(parseElf(file)?.needed).toEqual(['libssl.so.3'])
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('#!/bin/sh\n'.repeat(10))],
    ['the magic alone', Buffer.from([0x7f, 0x45, 0x4c, 0x46])],
    ['an unknown class', Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 9, 1]), Buffer.alloc(60)])],
  ])('is undefined for %s', (_case, bytes) => {
    expect(parseElf(bytes)).toBeUndefined()
  })

  it('reads a bounded part of a file whose names never end', () => {
    const imports = Array.from({ length: 50_000 }, (_, index) => `s${index}`)
    const file = Buffer.concat([
      buildElf({ imports, needed: ['liba.so'] }),
      Buffer.alloc(32 * 1024 * 1024, 'a'),
    ])
    // All strings now begin in one name of 32 MiB: one search of it a symbol would take hours.
    const size = file.length - 32 * 1024 * 1024
    file.writeBigUInt64LE(BigInt(file.length), 64 + 32)
    expect(moveTag(file, 5, 0x10000 + size)).toBe(1)
    expect(moveTag(file, 1, undefined)).toBe(1)
    expect(parseElf(file)?.startsShell).toBe(false)
  })

  it('ends, and throws nothing, whatever is changed in a file', () => {
    const file = buildElf({ interpreter: '/lib/ld.so', needed: ['a', 'b'], rpath: '/x', imports: ['system'] })
    const change = fc.tuple(fc.nat(file.length - 1), fc.nat(255))
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), fc.nat(file.length), (changes, length) => {
        const changed = Buffer.from(file.subarray(0, length))
        for (const [at, value] of changes) if (at < changed.length) changed[at] = value
        const elf = parseElf(changed)
        return elf === undefined || elf.needed.every((name) => typeof name === 'string')
      }),
      { numRuns: 2_000 },
    )
  })
})

/** Gives each dynamic entry of a tag another value, or another tag when there is none; tells how many there were. */
function moveTag(file: Buffer, tag: number, value: number | undefined): number {
  const header = [0, 1, 2].map((index) => 64 + index * 56).find((at) => file.readUInt32LE(at) === 2)!
  let at = Number(file.readBigUInt64LE(header + 8))
  let found = 0
  for (; file.readBigUInt64LE(at) !== 0n; at += 16) {
    if (file.readBigUInt64LE(at) !== BigInt(tag)) continue
    if (value === undefined) file.writeBigUInt64LE(0x6fff_0000n, at)
    else file.writeBigUInt64LE(BigInt(value), at + 8)
    found++
  }
  return found
}

const hasReadelf = spawnSync('readelf', ['--version']).status === 0
const maxPerFolder = 250

const folders = ['/usr/bin', '/usr/sbin', '/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu'].filter(
  (path) => existsSync(path),
)

describe.skipIf(!hasReadelf)('parseElf beside readelf, on the programs and libraries of this machine', () => {
  it.each(folders)(
    'agrees in %s',
    (folder) => {
      const files = elfFilesIn(folder).slice(0, maxPerFolder)
      expect(files.length).toBeGreaterThan(0)
      for (const [path, expected] of readelf(files)) {
        const elf = parseElf(readFileSync(path))
        expect({ path, ...pick(elf) }).toEqual({ path, ...expected })
      }
    },
    60_000,
  )
})

const pick = (elf: ReturnType<typeof parseElf>) =>
  elf && {
    interpreter: elf.interpreter,
    needed: elf.needed,
    rpath: elf.rpath,
    runpath: elf.runpath,
    soname: elf.soname,
    startsShell: elf.startsShell,
    needs: Object.fromEntries(elf.needs.map(({ library, versions }) => [library, [...versions].sort()])),
    provides: [...elf.provides].sort(),
  }

function elfFilesIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => {
      const { size } = lstatSync(path)
      return lstatSync(path).isFile() && size >= 64 && size < 32 * 1024 * 1024
    })
    .filter((path) => readFileSync(path).readUInt32BE(0) === 0x7f454c46)
}

function readelf(files: readonly string[]): ReadonlyMap<string, ReturnType<typeof pick>> {
  const found = new Map<string, ReturnType<typeof pick>>()
  // The first is given twice: readelf does not name a file that is alone.
  const text = execFileSync('readelf', ['-W', '-l', '-d', '-V', '--dyn-syms', ...files, files[0]!], {
    encoding: 'latin1',
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 1024 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  for (const section of text.split(/^File: /m).slice(1)) {
    const path = section.slice(0, section.indexOf('\n')).trim()
    const all = (pattern: RegExp) => [...section.matchAll(pattern)].map(([, value]) => value!)
    const folders = (tag: string) =>
      all(new RegExp(`\\(${tag}\\).*\\[(.*)\\]$`, 'gm')).flatMap((value) => value.split(':').filter(Boolean))
    found.set(path, {
      interpreter: all(/program interpreter: (.*)\]/g)[0],
      needed: all(/\(NEEDED\).*\[(.*)\]$/gm),
      rpath: folders('RPATH'),
      runpath: folders('RUNPATH'),
      soname: all(/\(SONAME\).*\[(.*)\]$/gm)[0],
      startsShell: / UND (?:popen|system|wordexp)(?:@|\s|$)/m.test(section),
      ...readelfVersions(section),
    })
  }
  return found
}

function readelfVersions(section: string): Pick<NonNullable<ReturnType<typeof pick>>, 'needs' | 'provides'> {
  const needs: Record<string, string[]> = {}
  const provides: string[] = []
  let library = ''
  for (const line of section.split('\n')) {
    library = /Version: \d+ {2}File: (\S+)/.exec(line)?.[1] ?? library
    if (library !== '') needs[library] ??= []
    const needed = /Name: (\S+) {2}Flags: (.*) {2}Version: \d+/.exec(line)
    if (needed && !needed[2]!.includes('WEAK')) needs[library]!.push(needed[1]!)
    const provided = /Rev: \d+ {2}Flags: (\S+) .*Name: (\S+)/.exec(line)
    if (provided && !provided[1]!.includes('BASE')) provides.push(provided[2]!)
  }
  for (const versions of Object.values(needs)) versions.sort()
  return { needs, provides: provides.sort() }
}
