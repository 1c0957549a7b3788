import { describe, expect, it } from 'vitest'
import { spdxOrUnknown } from './spdx-expression.ts'

describe('spdxOrUnknown', () => {
  it.each([
    'MIT',
    'Apache-2.0 OR MIT',
    'GPL-2.0+',
    'GPL-2.0-only WITH Classpath-exception-2.0',
    '(MIT OR Apache-2.0) AND BSD-3-Clause',
    'LicenseRef-own',
  ])('accepts %s', (text) => {
    expect(spdxOrUnknown(text)).toBe(text)
  })

  it.each([
    'BSD',
    'GPLv2+',
    'UNKNOWN',
    'SEE LICENSE IN LICENSE.md',
    'MIT OR',
    'OR MIT',
    '(MIT',
    'MIT)',
    'MIT Apache-2.0',
    '()',
    '',
    undefined,
    { type: 'MIT' },
    `MIT${' OR MIT'.repeat(1000)}`,
  ])('asserts nothing of %s', (value) => {
    expect(spdxOrUnknown(value)).toBe('NOASSERTION')
  })
})
