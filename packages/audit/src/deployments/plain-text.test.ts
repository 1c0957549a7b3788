import { expect, it } from 'vitest'
import { plainText } from './plain-text.ts'

it.each([
  ['a\u0000b\r\nc', 'a b c'],
  ['\u001b[31mred\u009b0m', '[31mred 0m'],
  ['a\u202egnp\u2066\u061cb', 'a gnp b'],
  ['a\u200bb\u2060c\u{e0041}d\u00ad', 'a b c d'],
  ['a\ud800b', 'a b'],
  ['a\u2028b\u2029', 'a b'],
  ['Zoë 日本 🚀', 'Zoë 日本 🚀'],
])('%j is shown as %j', (text, plain) => {
  expect(plainText(text)).toBe(plain)
})

it('is cut where it is told', () => {
  expect(plainText('abcdef', 3)).toBe('abc…')
})
