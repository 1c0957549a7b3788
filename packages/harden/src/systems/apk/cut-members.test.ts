import { encodeTarHeader } from '@sallyport/image'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutMembers } from './cut-members.ts'
import { checksumForms, editTriggers, editWorld, scriptChecksum } from './edit-lists.ts'

const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9.+-]{0,150}$/), { maxLength: 6 })
const member = (path: string) =>
  Buffer.concat([
    encodeTarHeader({ path, type: 'file', mode: 0o755, uid: 0, gid: 0, size: 3, mtime: 0 }),
    Buffer.from('abc'.padEnd(512, '\0')),
  ])

describe('cutMembers', () => {
  it('leaves the blocks of the others', () => {
    const holds = (all: readonly string[], index: number) => {
      const tar = Buffer.concat([...all.map(member), Buffer.alloc(1024)])
      const expected = Buffer.concat([
        ...all.filter((name) => name !== all[index]).map(member),
        Buffer.alloc(1024),
      ])
      expect(Buffer.from(cutMembers(tar, (name) => name === all[index])).equals(expected)).toBe(true)
      expect(Buffer.from(cutMembers(tar, () => false)).equals(tar)).toBe(true)
    }
    fc.assert(fc.property(names, fc.integer({ min: 0, max: 5 }), holds))
  })

  it('takes a long name of GNU with its member', () => {
    const long = member('x')
    long[156] = 'L'.charCodeAt(0)
    long.fill(' ', 148, 156)
    long.write(
      `${[...long.subarray(0, 512)]
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    )
    const tar = Buffer.concat([long, member('cut'), member('kept')])
    expect(Buffer.from(cutMembers(tar, (name) => name === 'abc')).equals(member('kept'))).toBe(true)
  })

  it('refuses what is no archive', () => {
    expect(() => cutMembers(Buffer.alloc(512, 'x'), () => false)).toThrow(SyntaxError)
    expect(() => cutMembers(member('x').subarray(0, 600), () => false)).toThrow(/ends within a member/)
  })
})

describe('lists of apk', () => {
  it('names of scripts end in a checksum, in base64 or hexadecimal, and the action', () => {
    const [base64, hex] = checksumForms('Q1pKhIlA6eRRuaZ6yJJTUTEjI8GnU=')
    expect(hex).toBe('X1a4a848940e9e451b9a67ac8925351312323c1a75')
    expect(scriptChecksum(`musl-1.2.5-r0.${base64}.post-install`)).toBe(base64)
    expect(scriptChecksum(`musl-1.2.5-r0.${hex}.trigger`)).toBe(hex)
    expect(scriptChecksum('plain')).toBeUndefined()
  })

  it('keep the bytes of lines and words that stay', () => {
    const triggers = 'Q1a /bin /usr/*\nQ1b  /x\nQ1c /y'
    expect(editTriggers(triggers, new Set(['Q1b']))).toBe('Q1a /bin /usr/*\nQ1c /y')
    expect(editWorld('a>1\n!b b\tc@edge\n', ({ name }) => name === 'b')).toBe('a>1\n!b c@edge\n')
  })
})
