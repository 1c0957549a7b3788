import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { goProgram } from './build-info.fixture.ts'
import { findGoBuildInfo } from './find-build-info.ts'

async function* pieces(bytes: Uint8Array, size = 256 * 1024) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const lines = [
  'path\texample.org/app/cmd',
  'mod\texample.org/app\t(devel)\t',
  'dep\tgolang.org/x/net\tv0.30.0\th1:x=',
  'dep\texample.org/old\tv1.0.0\th1:x=',
  '=>\texample.org/fork\tv1.0.1\th1:x=',
  'build\t-ldflags=-X main.version=1',
]

describe('findGoBuildInfo', () => {
  it('reads version, main module, dependencies and replacements, however the bytes arrive', async () => {
    const program = goProgram('go1.26.8 X:nocoverageredesign', lines, { before: 500 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: program.length }), async (size) => {
        expect(await findGoBuildInfo(pieces(program, size))).toEqual({
          kind: 'found',
          info: {
            goVersion: '1.26.8',
            main: { path: 'example.org/app', version: '(devel)' },
            modules: [
              { path: 'golang.org/x/net', version: 'v0.30.0' },
              { path: 'example.org/fork', version: 'v1.0.1' },
            ],
          },
        })
      }),
      { numRuns: 40 },
    )
  })

  it('reads a program without modules, and one of an unreleased toolchain', async () => {
    expect(await findGoBuildInfo(pieces(goProgram('devel go1.27-0123abc', [])))).toMatchObject({
      info: { goVersion: 'devel go1.27-0123abc', modules: [] },
    })
  })

  it('tells a Go before 1.18', async () => {
    expect(await findGoBuildInfo(pieces(goProgram('go1.17', [], { flags: 0 })))).toEqual({ kind: 'legacy' })
  })

  it.each([
    ['no ELF', Buffer.from('#!/bin/sh\n\xff Go buildinf:', 'latin1')],
    ['an empty file', Buffer.alloc(0)],
    ['another program', Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(300_000)])],
    ['a cut one', goProgram('go1.26.8', lines, { before: 0 }).subarray(0, 130)],
  ])('finds nothing in %s', async (_title, bytes) => {
    expect(await findGoBuildInfo(pieces(bytes))).toBeUndefined()
  })

  it('does not believe an endless length', async () => {
    const program = goProgram('go1.26.8', lines)
    const at = program.indexOf('go1.26.8') - 1
    program.fill(0xff, at, at + 8)
    expect(await findGoBuildInfo(pieces(program))).toBeUndefined()
  })
})
