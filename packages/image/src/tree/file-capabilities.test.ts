import { describe, expect, it } from 'vitest'
import { parseFileCapabilities } from './file-capabilities.ts'

const bytes = (...words: readonly number[]): Uint8Array => {
  const buffer = Buffer.alloc(words.length * 4)
  words.forEach((word, index) => buffer.writeUInt32LE(word, index * 4))
  return buffer
}

describe('parseFileCapabilities', () => {
  it.each<[string, Uint8Array, ReturnType<typeof parseFileCapabilities>]>([
    [
      'what setcap cap_net_raw+ep writes',
      Buffer.from('AQAAAgAgAAAAAAAAAAAAAAAAAAA=', 'base64'),
      { permitted: ['cap_net_raw'], inheritable: [], effective: true },
    ],
    [
      'the first revision',
      bytes(0x0100_0000, 1 << 7, 1 << 21),
      { permitted: ['cap_setuid'], inheritable: ['cap_sys_admin'], effective: false },
    ],
    [
      'the upper words of the second',
      bytes(0x0200_0001, 1, 0, 0b1_0000_0000, 2 ** 31),
      { permitted: ['cap_chown', 'cap_checkpoint_restore'], inheritable: ['cap_63'], effective: true },
    ],
    [
      'the third, with a root of its own',
      bytes(0x0300_0001, 2, 0, 0, 0, 100_000),
      { permitted: ['cap_dac_override'], inheritable: [], effective: true },
    ],
    ['none at all', bytes(0x0200_0000, 0, 0, 0, 0), { permitted: [], inheritable: [], effective: false }],
    ['nothing', new Uint8Array(), undefined],
    ['a value that is cut', bytes(0x0200_0001, 1, 0, 0), undefined],
    ['a value that is too long', bytes(0x0200_0001, 1, 0, 0, 0, 0), undefined],
    ['an unknown revision', bytes(0x0400_0001, 1, 0, 0, 0), undefined],
    ['text', Buffer.from('cap_net_raw+ep'), undefined],
  ])('reads %s', (_title, value, expected) => {
    expect(parseFileCapabilities(value)).toEqual(expected)
  })
})
