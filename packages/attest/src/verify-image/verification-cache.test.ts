import { describe, expect, it } from 'vitest'
import { createVerificationCache } from './verification-cache.ts'

describe('createVerificationCache', () => {
  it('forgets first what was not used for longest', () => {
    const cache = createVerificationCache({ maxEntries: 2 })
    cache.set('a', '1', {})
    cache.set('b', '2', {})
    cache.get('a')
    cache.set('c', '3', {})
    expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual(['1', undefined, '3'])
  })

  it('holds no more characters than it may, also when an entry is replaced', () => {
    const cache = createVerificationCache({ maxLength: 10 })
    cache.set('a', '1234', {})
    cache.set('a', '12345', {})
    cache.set('b', '123', {})
    expect([cache.get('a'), cache.get('b')]).toEqual(['12345', '123'])
    cache.set('c', '1', {})
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, '123', '1'])
  })

  it('does not keep what is larger than all it may hold', () => {
    const cache = createVerificationCache({ maxLength: 10 })
    cache.set('a', '1', {})
    cache.set('b', '1234567890', {})
    expect([cache.get('a'), cache.get('b')]).toEqual([undefined, undefined])
  })

  it('forgets what has had its time', () => {
    let elapsed = 0
    const cache = createVerificationCache({ elapsedMs: () => elapsed })
    cache.set('a', '1', { ttlMs: 100 })
    cache.set('b', '2', {})
    elapsed = 99
    expect(cache.get('a')).toBe('1')
    elapsed = 100
    expect([cache.get('a'), cache.get('b')]).toEqual([undefined, '2'])
  })
})
