import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copyrightLicense } from './copyright-license.ts'

const format = 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n'

describe('copyrightLicense', () => {
  it('puts together what the paragraphs on files say', () => {
    const text = `${format}
Files: *
Copyright: 2020 A
License: GPL-2+ or Expat
 Text
 .
 of it

Files: debian/*
Copyright: 2021 B
License: ISC

Files: x
Copyright: C
License: ISC

License: Apache-2.0
 not of any file
`
    expect(copyrightLicense(text)).toBe('(GPL-2.0-or-later OR MIT) AND ISC')
  })

  it.each([
    ['nothing', ''],
    ['a text in free form', 'It was packaged by A.\n\nSee /usr/share/common-licenses/GPL-2.\n'],
    ['a header alone', `${format}License: GPL-2\n`],
    ['files without a licence', `${format}\nFiles: *\nCopyright: A\n`],
    [
      'a licence without a short name',
      `${format}\nFiles: *\nCopyright: A\nLicense:\n Permission is granted\n`,
    ],
    [
      'one unclear licence among clear ones',
      `${format}\nFiles: *\nLicense: MIT\n\nFiles: x\nLicense: as is, sort of\n`,
    ],
    ['a paragraph that is broken', `${format}\nFiles: *\nLicense: MIT\nnonsense\n`],
    [
      'a paragraph on files that says not which',
      `${format}\nFiles: *\nLicense: MIT\n\nCopyright: B\nLicense: ISC\n`,
    ],
    [
      'a thousand licences',
      `${format}\n${Array.from({ length: 1_000 }, (_, index) => `Files: f${index}\nLicense: own-${index}\n`).join('\n')}`,
    ],
  ])('says nothing of %s', (_title, text) => {
    expect(copyrightLicense(text)).toBe('NOASSERTION')
  })

  it('takes any text', () => {
    fc.assert(fc.property(fc.string(), (text) => copyrightLicense(format + text) !== ''))
  })
})
