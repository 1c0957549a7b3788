import { describe, expect, it } from 'vitest'
import { isJsonDeeperThan } from './json-depth.ts'

describe('isJsonDeeperThan', () => {
  it.each([
    ['as deep as allowed', '[{"a":[]}]', false],
    ['one deeper', '[{"a":[[]]}]', true],
    ['many beside each other', '[[],[],[],[]]', false],
    ['brackets in texts', '["[[[[", "\\"[[[["]', false],
    ['brackets after a text that ends in a backslash', '["\\\\", [[[[]]]]]', true],
    ['nothing', '', false],
  ])('%s: %s', (_, text, expected) => {
    expect(isJsonDeeperThan(text, 3)).toBe(expected)
  })
})
