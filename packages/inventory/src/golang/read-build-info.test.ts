import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentOf } from '../files/content.fixture.ts'
import { programExaminer } from '../program/program-examiner.ts'
import { elfProgram, fatMachO, machOProgram, peProgram } from '../program/program.fixture.ts'
import { goProgram, goSection, pointerSection } from './build-info.fixture.ts'

const lines = [
  'path\texample.org/app/cmd',
  'mod\texample.org/app\tv1.2.3\t',
  'dep\tgolang.org/x/net\tv0.30.0\th1:x=',
  'dep\texample.org/old\tv1.0.0\th1:x=',
  '=>\texample.org/fork\tv1.0.1\th1:x=',
  'dep\texample.org/local\tv1.0.0\th1:x=',
  '=>\t./local\t(devel)\t',
  'build\t-compiler=gc',
]
const go = {
  goVersion: '1.26.8',
  path: 'example.org/app/cmd',
  main: { path: 'example.org/app', version: 'v1.2.3' },
  modules: [
    { path: 'golang.org/x/net', version: 'v0.30.0' },
    { path: 'example.org/fork', version: 'v1.0.1' },
    { path: 'example.org/local', version: '(devel)' },
  ],
}
const old = { ...go, goVersion: '1.13.15' }
const examine = (bytes: Buffer) => programExaminer.examine(contentOf(bytes), {})
const section = goSection('.go.buildinfo', 'go1.26.8', lines)
const filler = { name: '.rodata', bytes: Buffer.alloc(600_000) }

describe('programExaminer on programs of Go', () => {
  it.each<[string, Buffer]>([
    ['ELF', goProgram('go1.26.8', lines)],
    ['ELF of 32 bits', elfProgram([filler, section], { bits: 32 })],
    ['ELF of a big-endian machine', elfProgram([filler, section], { littleEndian: false })],
    ['ELF of 32 bits and big-endian', elfProgram([filler, section], { bits: 32, littleEndian: false })],
    ['ELF without sections', elfProgram([section], { stripped: true })],
    [
      'ELF without sections, with its mark across two reads',
      elfProgram(
        [
          {
            name: '.data',
            bytes: Buffer.concat([Buffer.alloc(256 * 1024 - 5), Buffer.from(section.bytes as Uint8Array)]),
          },
        ],
        { stripped: true },
      ),
    ],
    ['ELF whose section has another name', elfProgram([filler, goSection('.other', 'go1.26.8', lines)])],
    [
      'Mach-O whose section has another name',
      machOProgram([filler, goSection('__other', 'go1.26.8', lines)]),
    ],
    ['PE', peProgram([goSection('.data', 'go1.26.8', lines)])],
    ['Mach-O', machOProgram([filler, goSection('__go_buildinfo', 'go1.26.8', lines)])],
    [
      'universal Mach-O',
      fatMachO([machOProgram([filler]), machOProgram([goSection('__go_buildinfo', 'go1.26.8', lines)])]),
    ],
  ])('reads build information of %s', async (_title, bytes) => {
    const sums = Object.fromEntries(
      ['md5', 'sha1', 'sha256'].map((name) => [name, createHash(name).update(bytes).digest('hex')]),
    )
    expect(await examine(bytes)).toEqual({ go, crates: undefined, unread: undefined, sums })
  })

  it.each([
    { bits: 64, littleEndian: true },
    { bits: 64, littleEndian: false },
    { bits: 32, littleEndian: true },
    { bits: 32, littleEndian: false },
  ] as const)('follows the pointers of a Go before 1.18: %o', async (kind) => {
    const bytes = elfProgram([filler, pointerSection('.go.buildinfo', 'go1.13.15', lines, kind)], kind)
    expect(await examine(bytes)).toMatchObject({ go: old })
  })

  it('follows pointers in a Windows program', async () => {
    const kind = { bits: 64, littleEndian: true } as const
    const bytes = peProgram([pointerSection('.data', 'go1.13.15', lines, kind)])
    expect(await examine(bytes)).toMatchObject({ go: old })
  })

  it.each([
    ['go1.25.1 X:nocoverageredesign', '1.25.1'],
    ['go1.26.0-X:nodwarf5', '1.26.0'],
    ['go1.27rc1', '1.27rc1'],
    ['devel go1.27-0123abc', 'devel go1.27-0123abc'],
  ])('reads the version %s', async (text, goVersion) => {
    expect((await examine(goProgram(text, [])))?.go).toMatchObject({ goVersion, modules: [] })
  })

  it('tells what it cannot read', async () => {
    expect((await examine(goProgram('go1.17', [], { flags: 0 })))?.unread).toMatch(/before 1\.18/)
    const packed = elfProgram([{ name: '', bytes: Buffer.from('UPX!') }], { stripped: true })
    expect((await examine(packed))?.unread).toMatch(/UPX/)
    expect((await examine(peProgram([{ name: 'UPX0', bytes: Buffer.alloc(9) }])))?.unread).toMatch(/UPX/)
  })

  it.each<[string, Buffer]>([
    ['a script', Buffer.from('#!/bin/sh\n\xff Go buildinf:', 'latin1')],
    ['an empty file', Buffer.alloc(0)],
    ['another program', elfProgram([filler])],
    ['another program without sections', elfProgram([filler], { stripped: true })],
    ['another program of Windows', peProgram([filler])],
    ['a program of DOS', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(100)])],
    ['a class of Java', Buffer.from('cafebabe00000041001d0a0002', 'hex')],
  ])('finds nothing in %s', async (_title, bytes) => {
    expect(await examine(bytes)).toBeUndefined()
  })

  it.each<[string, Buffer]>([
    ['a cut header', Buffer.from('\x7fELF\x02\x01\x01', 'latin1')],
    ['an unknown class', Buffer.concat([Buffer.from('\x7fELF\x07\x01', 'latin1'), Buffer.alloc(100)])],
    ['segments out of the file', goProgram('go1.26.8', lines).subarray(0, 100)],
    ['an endless length', endless()],
    ['load commands out of the file', machOProgram([filler]).subarray(0, 40)],
    ['slices out of the file', fatMachO([machOProgram([filler])]).subarray(0, 50)],
    ['sections out of the file', peProgram([filler]).subarray(0, 210)],
  ])('refuses %s', async (_title, bytes) => {
    await expect(examine(bytes)).rejects.toThrow(SyntaxError)
  })

  it('ends with a result or a SyntaxError whatever byte is changed', async () => {
    const programs = [
      goProgram('go1.26.8', lines, { before: 100 }),
      machOProgram([goSection('__go_buildinfo', 'go1.26.8', lines)]),
      peProgram([goSection('.data', 'go1.26.8', lines)]),
      elfProgram([pointerSection('.go.buildinfo', 'go1.13', lines, { bits: 64, littleEndian: true })]),
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...programs),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 }),
        async (program, changes) => {
          const bytes = Buffer.from(program)
          for (const [at, value] of changes) bytes[at % bytes.length] = value
          const error: unknown = await examine(bytes).then(
            () => undefined,
            (reason: unknown) => reason,
          )
          expect(error === undefined || error instanceof SyntaxError).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })
})

function endless(): Buffer {
  const bytes = goProgram('go1.26.8', lines)
  const at = bytes.lastIndexOf('go1.26.8') - 1
  return bytes.fill(0xff, at, at + 8)
}
