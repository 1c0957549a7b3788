import { describe, expect, it } from 'vitest'
import { parseOsRelease } from './parse-os-release.ts'

describe('parseOsRelease', () => {
  it.each([
    ['bare values', 'ID=debian', 'debian'],
    ['double quotes', 'ID="a b"', 'a b'],
    ['single quotes, in which nothing is an escape', String.raw`ID='a\b"'`, String.raw`a\b"`],
    ['escapes in double quotes', String.raw`ID="a\"b\\c\$d"`, String.raw`a"b\c$d`],
    ['escapes without quotes', String.raw`ID=a\ b`, 'a b'],
    ['the last of two', 'ID=a\nID=b', 'b'],
    ['lines of Windows', 'NAME=x\r\nID=debian\r\n', 'debian'],
    ['blanks around the line', '  ID=debian  ', 'debian'],
    ['an empty value', 'ID=""', ''],
    ['a byte order mark', '\uFEFFID=debian', 'debian'],
  ])('reads %s', (_title, text, expected) => {
    expect(parseOsRelease(text).get('ID')).toBe(expected)
  })

  it.each([
    ['a comment', '#ID=a'],
    ['a quote that does not end', 'ID="a'],
    ['two quoted texts', `ID="a"'b'`],
    ['a substitution', 'ID=$(id)'],
    ['two words', 'ID=a b'],
    ['blanks around the sign', 'ID = a'],
  ])('leaves out %s', (_title, text) => {
    expect(parseOsRelease(text).has('ID')).toBe(false)
  })
})
