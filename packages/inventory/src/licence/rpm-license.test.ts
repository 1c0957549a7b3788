import { describe, expect, it } from 'vitest'
import { rpmLicense } from './rpm-license.ts'

describe('rpmLicense', () => {
  it.each([
    ['GPL-3.0-or-later AND MIT', 'GPL-3.0-or-later AND MIT'],
    ['GPLv3+ and MIT', 'GPL-3.0-or-later AND MIT'],
    ['ASL 2.0', 'Apache-2.0'],
    ['(MPLv1.1 or GPLv2+) and zlib', '(MPL-1.1 OR GPL-2.0-or-later) AND Zlib'],
    ['GPLv2+ and LGPLv2+', 'NOASSERTION'],
    ['BSD', 'NOASSERTION'],
    ['GPLv2+ with exceptions', 'NOASSERTION'],
    ['Public Domain', 'NOASSERTION'],
    ['and and', 'NOASSERTION'],
    ['', 'NOASSERTION'],
    [undefined, 'NOASSERTION'],
    [`MIT${' and MIT'.repeat(1_000)}`, 'NOASSERTION'],
  ])('reads "%s"', (tag, expected) => {
    expect(rpmLicense(tag)).toBe(expected)
  })
})
