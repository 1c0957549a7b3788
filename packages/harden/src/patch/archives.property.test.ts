import { gzipSync } from 'node:zlib'
import {
  array,
  assert,
  asyncProperty,
  constant,
  integer,
  nat,
  oneof,
  property,
  stringMatching,
  tuple,
  uint8Array,
} from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitGzipMembers } from './apk/split-gzip-members.ts'
import { readAr } from './deb/read-ar.ts'
import { buildAr } from './mirror.fixture.ts'

const readAt = (bytes: Uint8Array) => (offset: number, length: number) =>
  Promise.resolve(bytes.subarray(offset, offset + length))

describe('readAr', () => {
  const name = stringMatching(/^[a-z0-9._-]{1,16}$/)
  it('finds the members that an archive was made of', async () => {
    await assert(
      asyncProperty(array(tuple(name, uint8Array({ maxLength: 40 })), { maxLength: 16 }), async (members) => {
        const bytes = buildAr(members)
        const found = await readAr(readAt(bytes), bytes.length, 'x')
        expect(
          found.map((one) => [one.name, [...bytes.subarray(one.offset, one.offset + one.size)]]),
        ).toEqual(members.map(([own, content]) => [own, [...content]]))
      }),
    )
  })

  it('gives members that are inside, or a typed error, for any bytes', async () => {
    const bytes = buildAr([
      ['debian-binary', Buffer.from('2.0\n')],
      ['control.tar.gz', Buffer.alloc(20)],
    ])
    let found = 0
    await assert(
      asyncProperty(
        nat(bytes.length - 1),
        // Digits make other sizes, which are the ones to be checked.
        oneof(nat(255), integer({ min: 0x30, max: 0x39 })),
        oneof(constant(bytes.length), nat(bytes.length)),
        async (at, value, length) => {
          const changed = Buffer.from(bytes.subarray(0, length))
          if (at < length) changed[at] = value
          try {
            for (const { offset, size } of await readAr(readAt(changed), changed.length, 'x')) {
              found++
              expect(offset + size).toBeLessThanOrEqual(changed.length)
            }
          } catch (error) {
            expect(error).toMatchObject({ name: 'HardenError', code: 'ARCHIVE_INVALID' })
          }
        },
      ),
      { numRuns: 500 },
    )
    expect(found).toBeGreaterThan(50)
  })
})

describe('splitGzipMembers', () => {
  it('finds the members that a file was made of', () => {
    assert(
      property(array(uint8Array({ maxLength: 300 }), { maxLength: 8 }), (contents) => {
        const members = contents.map((content) => gzipSync(content))
        const found = splitGzipMembers(Buffer.concat(members), 10_000, 'x')
        expect(found.map(({ content }) => [...content])).toEqual(contents.map((content) => [...content]))
        expect(found.map(({ compressed }) => compressed.length)).toEqual(members.map(({ length }) => length))
      }),
    )
  })

  it('gives a typed error for what is cut or too large', () => {
    const bytes = gzipSync(Buffer.alloc(5000))
    for (let length = 1; length < bytes.length; length++)
      expect(() => splitGzipMembers(bytes.subarray(0, length), 10_000, 'x')).toThrow(
        expect.objectContaining({ code: 'ARCHIVE_INVALID' }),
      )
    expect(() => splitGzipMembers(bytes, 4999, 'x')).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    )
  })
})
