import { describe, expect, it } from 'vitest'
import { parsePythonMetadata, parseRecord } from './parse-metadata.ts'

describe('parsePythonMetadata', () => {
  it.each([
    ['Name: Foo.Bar_baz\nVersion: 1.0\n', 'foo-bar-baz', '1.0'],
    ['name: httplib2\r\nversion: 1.0\r\n', 'httplib2', '1.0'],
    ['Name: a\nVersion: 1.0\nVersion: 2.0\n', 'a', '1.0'],
    ['Name: a\nDescription: x\n  Version: 9\nVersion: 1!2.0rc1+local\n\nVersion: 3', 'a', '1!2.0rc1+local'],
  ])('reads %j', (text, name, version) => {
    expect(parsePythonMetadata(text)).toMatchObject({ name, version })
  })

  it.each([
    '',
    'Name: a\n',
    'Version: 1\n',
    'Name: ../a\nVersion: 1',
    'Name: a\nVersion: 1 2',
    'Name: a\n\nVersion: 1',
  ])('refuses %j', (text) => {
    expect(() => parsePythonMetadata(text)).toThrow(SyntaxError)
  })
})

describe('parseRecord', () => {
  it('reads paths, quoted ones too', () => {
    expect(parseRecord('a.py,sha256=x,1\r\n"b,""c"".py",,\n\n../../../bin/d,,\n"open')).toEqual([
      'a.py',
      'b,"c".py',
      '../../../bin/d',
    ])
  })
})
