import { describe, expect, it } from 'vitest'
import { isPseudo, parseMounts } from './read-mounts.ts'

describe('parseMounts', () => {
  it('reads mount points, also with odd names, and the options of their file systems', () => {
    const text = `530 430 0:46 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/l/1:/l/2,upperdir=/u\\134,x,workdir=/w
531 530 0:47 / /proc rw - proc proc rw
532 530 0:48 / /with\\040space rw shared:3 master:2 - tmpfs tmpfs rw,size=64k
533 530 0:49 / /with\\040space rw - ext4 /dev/vda rw
534 530 0:50 / / rw - overlay overlay rw,upperdir=/elsewhere
nonsense
`
    const mounts = parseMounts(text)
    expect(mounts.map(({ path, type }) => [path, type])).toEqual([
      ['/', 'overlay'],
      ['/proc', 'proc'],
      ['/with space', 'ext4'],
    ])
    expect(mounts[0]?.options.get('upperdir')).toBe('/u,x')
    expect(mounts.map((mount) => isPseudo(mount))).toEqual([false, true, false])
  })
})
