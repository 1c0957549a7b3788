import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { leaveOutFiles } from './leave-out-files.ts'
import { parseRpmPackage } from './parse-rpm-package.ts'
import { headerOf } from './rpm.fixture.ts'

const header = headerOf('sample', { files: ['/a', '/b/c', '/b/d'], requires: [['x']] })

describe('leaveOutFiles', () => {
  it('changes the states of these files, and no other byte', () => {
    const edited = leaveOutFiles(header, [0, 2])
    expect(parseRpmPackage(edited).files.map(({ path, state }) => [path, state])).toEqual([
      ['/a', 2],
      ['/b/c', 0],
      ['/b/d', 2],
    ])
    expect([...edited].filter((byte, at) => byte !== header[at])).toEqual([2, 2])
  })

  it.each([
    ['a header without files', headerOf('none'), [0]],
    ['a file that is not in it', header, [3]],
    ['states among what is signed', swapStatesIntoRegion(), [0]],
  ])('refuses %s', (_title, bytes, positions) => {
    expect(() => leaveOutFiles(bytes, positions)).toThrow(SyntaxError)
  })

  it('never writes outside of the states, whatever the header says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: header.byteLength - 1 }),
        fc.integer({ min: 0, max: 255 }),
        (at, value) => {
          const broken = Buffer.from(header)
          broken[at] = value
          try {
            expect(leaveOutFiles(broken, [1]).byteLength).toBe(header.byteLength)
          } catch (error) {
            expect(error).toBeInstanceOf(SyntaxError)
          }
        },
      ),
    )
  })
})

/** The entry of the states claims the place of the one before it. */
function swapStatesIntoRegion(): Buffer {
  const bytes = Buffer.from(header)
  const last = 8 + (bytes.readUInt32BE(0) - 1) * 16
  const entry = Buffer.from(bytes.subarray(last, last + 16))
  bytes.copy(bytes, last, last - 16, last)
  entry.copy(bytes, last - 16)
  return bytes
}
