import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutJsonMembers } from './cut-json-members.ts'

describe('cutJsonMembers', () => {
  it('gives what writing the smaller object gives, in whatever form it was written', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.array(fc.tuple(fc.string(), fc.jsonValue())),
        fc.constantFrom(undefined, 1, 2, '\t'),
        (members, others, space) => {
          const keys = Object.keys(members).filter((_, index) => index % 2 === 0)
          const write = (packages: unknown) =>
            JSON.stringify(Object.fromEntries([...others, ['packages', packages]]), null, space)
          const smaller = Object.fromEntries(Object.entries(members).filter(([key]) => !keys.includes(key)))
          expect(cutJsonMembers(write(members), 'packages', (key) => keys.includes(key))).toBe(write(smaller))
        },
      ),
    )
  })

  it.each([
    [
      '{ "packages" : { "a":1 , "b" : [ "}" ],\n"c":{"\\"":null} } , "z": 2 }',
      '{ "packages" : { "b" : [ "}" ] } , "z": 2 }',
    ],
    ['{"packages": 7}', '{"packages": 7}'],
    ['[{"packages": {"a": 1}}]', '[{"packages": {"a": 1}}]'],
    ['{"x": {"packages": {"a": 1}}}', '{"x": {"packages": {"a": 1}}}'],
  ])('%s becomes %s', (text, expected) => {
    expect(cutJsonMembers(text, 'packages', (key) => key !== 'b')).toBe(expected)
  })
})
