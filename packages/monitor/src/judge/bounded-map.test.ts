import { expect, it } from 'vitest'
import { createBoundedMap } from './bounded-map.ts'

it('forgets what was not used for longest, by weight', () => {
  const map = createBoundedMap<string, number>(10, (value) => value)
  map.set('a', 4)
  map.set('b', 4)
  expect(map.get('a')).toBe(4)
  map.set('c', 4)
  expect(map.get('b')).toBeUndefined()
  expect([map.get('a'), map.get('c')]).toEqual([4, 4])
  map.set('a', 1)
  map.set('d', 5)
  expect([map.get('a'), map.get('c'), map.get('d')]).toEqual([1, 4, 5])
  map.set('e', 11)
  expect(map.get('e')).toBeUndefined()
})
