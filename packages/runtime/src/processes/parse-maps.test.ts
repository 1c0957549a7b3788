import { describe, expect, it } from 'vitest'
import { parseMaps } from './parse-maps.ts'

describe('parseMaps', () => {
  it('tells what may be executed of files, each once', () => {
    const text = `55d0a0000000-55d0a0005000 r--p 00000000 fe:00 131 /usr/bin/sleep
55d0a0005000-55d0a000a000 r-xp 00005000 fe:00 131 /usr/bin/sleep
00400000-00401000 r-xp 00000000 00:2d 77 /tmp/with space.so (deleted)
00401000-00402000 rwxp 00000000 00:2d 77 /tmp/with space.so (deleted)
7f0000000000-7f0000001000 r-xs 00000000 00:01 9 /memfd:evil (deleted)
7f0000001000-7f0000002000 rwxs 00000000 00:01 12 /dev/zero (deleted)
7f0000004000-7f0000005000 r-xs 00000000 00:2d 12 /dev/zero (deleted)
7f0000005000-7f0000006000 r-xp 00000000 00:01 13 /dev/zero.so (deleted)
7f0000002000-7f0000003000 rwxp 00000000 00:00 0
7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0 [vdso]
7f0000003000-7f0000004000 r-xp 00000000 00:2d 78 /tmp/new\\012line
`
    expect(parseMaps(text)).toEqual([
      { range: '55d0a0005000-55d0a000a000', path: '/usr/bin/sleep', isDeleted: false, isMemory: false },
      { range: '400000-401000', path: '/tmp/with space.so', isDeleted: true, isMemory: false },
      { range: '7f0000000000-7f0000001000', path: '/memfd:evil', isDeleted: true, isMemory: true },
      { range: '7f0000004000-7f0000005000', path: '/dev/zero', isDeleted: true, isMemory: false },
      { range: '7f0000005000-7f0000006000', path: '/dev/zero.so', isDeleted: true, isMemory: false },
      { range: '7f0000003000-7f0000004000', path: '/tmp/new\nline', isDeleted: false, isMemory: false },
    ])
  })
})
