import { describe, expect, it } from 'vitest'
import { findNamedFiles } from './find-strings.ts'

const MiB = 1024 * 1024

describe('findNamedFiles', () => {
  it('finds paths and library names between other bytes', () => {
    const file = Buffer.from(
      '\0\x01--modules-path=/usr/lib/nginx/modules\0libssl.so.3\0x/no/path\0/one\0',
      'latin1',
    )
    expect(findNamedFiles(file)).toEqual({
      paths: ['/usr/lib/nginx/modules'],
      libraries: ['libssl.so.3'],
      isCut: false,
    })
  })

  it.each([-9, -1, 0, 1, 9])('finds a name that begins %i bytes from the end of a window', (distance) => {
    const file = Buffer.alloc(17 * MiB)
    file.write('/usr/bin/tool', 16 * MiB + distance)
    expect(findNamedFiles(file, (path) => path === '/usr/bin/tool').paths).toEqual(['/usr/bin/tool'])
  })

  it('keeps a path behind very many that name nothing', () => {
    const text = Array.from({ length: 60_000 }, (_, index) => `/src/go/${index}.go`).join('\0')
    const found = findNamedFiles(Buffer.from(`${text}\0/usr/bin/tool`), (path) => path.startsWith('/usr'))
    expect(found).toMatchObject({ paths: ['/usr/bin/tool'], isCut: false })
  })

  it('says that it left out names', () => {
    const text = Array.from({ length: 50_001 }, (_, index) => `/a/${index}`).join('\0')
    expect(findNamedFiles(Buffer.from(text)).isCut).toBe(true)
    const libraries = Array.from({ length: 50_001 }, (_, index) => `lib${index}.so`).join('\0')
    expect(findNamedFiles(Buffer.from(libraries)).isCut).toBe(true)
  })
})
