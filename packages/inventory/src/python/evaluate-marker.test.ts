import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateMarker } from './evaluate-marker.ts'

const environment = new Map([
  ['python_version', '3.11'],
  ['sys_platform', 'linux'],
  ['extra', ''],
])

describe('evaluateMarker', () => {
  it.each<[string, boolean | undefined]>([
    ['python_version >= "3.8"', true],
    ["python_version<'3.9'", false],
    ['"3.12" > python_version', true],
    ['python_version == "3.11.0"', true],
    ['python_version ~= "3.8"', undefined],
    ['sys_platform == "win32"', false],
    ['sys_platform in "linux darwin"', true],
    ['sys_platform not in "linux"', false],
    ['extra == "test"', false],
    ['platform_machine == "x86_64"', undefined],
    ['platform_machine == "x86_64" and sys_platform == "win32"', false],
    ['platform_machine == "x86_64" and sys_platform == "linux"', undefined],
    ['platform_machine == "x86_64" or sys_platform == "linux"', true],
    ['(python_version < "3" or sys_platform == "linux") and extra == "x"', false],
    ['', undefined],
    ['(', undefined],
    ['python_version', undefined],
    ['python_version >= "3" garbage', undefined],
    ['python_version >= "3" ; import os', undefined],
  ])('judges %j as %j', (marker, expected) => {
    expect(evaluateMarker(marker, environment)).toBe(expected)
  })

  it('ends for every text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect([true, false, undefined]).toContain(evaluateMarker(text, environment))
      }),
    )
  })

  it('does not follow brackets without end', () => {
    expect(evaluateMarker('('.repeat(100_000), environment)).toBeUndefined()
  })
})
