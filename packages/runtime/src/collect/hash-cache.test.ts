import type { BigIntStats } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createHashCache } from './hash-cache.ts'

const now = 1_800_000_000_000
const stats = (
  more: Partial<Record<'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs' | 'ctimeMs', bigint>> = {},
) =>
  ({
    dev: 1n,
    ino: 2n,
    size: 3n,
    mtimeNs: 4n,
    ctimeNs: 5n,
    ctimeMs: BigInt(now - 5000),
    ...more,
  }) as BigIntStats
const content = { sha256: 'a', magic: undefined, capability: '' }

describe('createHashCache', () => {
  it.each(['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const)(
    'forgets a file when its %s is another',
    (name) => {
      const cache = createHashCache({ now: () => now })
      cache.keep(stats(), content)
      expect(cache.find(stats())).toMatchObject(content)
      expect(cache.find(stats({ [name]: 9n }))).toBeUndefined()
    },
  )

  it('takes no file that was written to just now, or in the future: it may change again within the same tick', () => {
    const cache = createHashCache({ now: () => now })
    cache.keep(stats(), content)
    cache.keep(stats({ ctimeMs: BigInt(now - 999) }), content)
    expect(cache.find(stats())).toBeUndefined()
    cache.keep(stats({ ctimeMs: BigInt(now + 60_000) }), content)
    expect(cache.size).toBe(0)
  })

  it('is bounded: the oldest goes first', () => {
    const cache = createHashCache({ now: () => now, maxFiles: 2 })
    for (const ino of [1n, 2n, 3n]) cache.keep(stats({ ino }), content)
    expect(cache.size).toBe(2)
    expect(cache.find(stats({ ino: 1n }))).toBeUndefined()
  })
})
