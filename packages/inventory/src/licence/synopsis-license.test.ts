import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spdxOrUnknown } from '../spdx-expression.ts'
import { joinAll, synopsisLicenses } from './synopsis-license.ts'

describe('synopsisLicenses', () => {
  it.each([
    ['GPL-2+', 'GPL-2.0-or-later'],
    ['GPL-3', 'GPL-3.0-only'],
    ['LGPL-2.1', 'LGPL-2.1-only'],
    ['GFDL-NIV-1.3+', 'GFDL-1.3-no-invariants-or-later'],
    ['Expat', 'MIT'],
    ['BSD-3-clause', 'BSD-3-Clause'],
    ['CC0', 'CC0-1.0'],
    ['Perl', 'GPL-1.0-or-later OR Artistic-1.0-Perl'],
    ['public-domain', 'LicenseRef-debian-public-domain'],
    ['GPL', 'LicenseRef-debian-GPL'],
    ['GPL-9+', 'LicenseRef-debian-GPL-9-or-later'],
    ['GPL-2+ with Font exception', 'GPL-2.0-or-later WITH Font-exception-2.0'],
    ['GPL-2+ with OpenSSL exception', 'LicenseRef-debian-GPL-2-or-later-with-OpenSSL-exception'],
    ['Expat or GPL-2', 'MIT OR GPL-2.0-only'],
    ['Expat and ISC', 'MIT AND ISC'],
    ['Expat or GPL-2 and ISC', 'MIT OR GPL-2.0-only AND ISC'],
    ['Expat or GPL-2, and ISC', '(MIT OR GPL-2.0-only) AND ISC'],
    ['Expat and ISC, or GPL-2', 'MIT AND ISC OR GPL-2.0-only'],
    ['Perl and ISC', '(GPL-1.0-or-later OR Artistic-1.0-Perl) AND ISC'],
  ])('reads "%s"', (text, expected) => {
    expect(joinAll(synopsisLicenses(text)!)).toBe(expected)
    expect(spdxOrUnknown(expected)).toBe(expected)
  })

  it.each([
    '',
    'GPL-2+ or',
    'Expat and/or ISC, at your choice',
    'a licence of our own',
    'A, and B, or C',
    `GPL-2 ${'and GPL-2 '.repeat(100)}`,
  ])('does not guess at "%s"', (text) => {
    expect(synopsisLicenses(text)).toBeUndefined()
  })

  it('makes an expression of whatever it accepts', () => {
    const word = fc.constantFrom(
      'GPL-2+',
      'Expat',
      'or',
      'and',
      ', and',
      ', or',
      'x',
      'with',
      'exception',
      'Perl',
      '(',
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 9 }), (words) => {
        const found = synopsisLicenses(words.join(' ').replaceAll(' ,', ','))
        if (found) expect(spdxOrUnknown(joinAll(found))).not.toBe('NOASSERTION')
      }),
    )
  })
})
