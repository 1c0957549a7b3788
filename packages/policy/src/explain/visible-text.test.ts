import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { visibleText } from './visible-text.ts'

describe('visibleText', () => {
  it.each([
    ['plain text', 'libc6 2.36-9+deb12u9 → größe 日本', 'libc6 2.36-9+deb12u9 → größe 日本'],
    ['a terminal sequence', '\u001b[2J', String.raw`\u{1b}[2J`],
    ['a C1 control', '\u009b31m', String.raw`\u{9b}31m`],
    ['line ends and tabs', 'a\r\n\tb', String.raw`a\r\n\tb`],
    ['a bidirectional override', 'a\u202eb', String.raw`a\u{202e}b`],
    ['bidirectional isolates', '\u2066x\u2069', String.raw`\u{2066}x\u{2069}`],
    ['what has no width', 'a\u200b\u00ad\ufeffb', String.raw`a\u{200b}\u{ad}\u{feff}b`],
    ['tag characters', '\u{e0041}', String.raw`\u{e0041}`],
    ['line separators', '\u2028\u2029', String.raw`\u{2028}\u{2029}`],
    ['a lone surrogate', '\ud800x', String.raw`\u{d800}x`],
    ['blank letters', '\u3164', String.raw`\u{3164}`],
  ])('shows %s', (_, text, shown) => expect(visibleText(text)).toBe(shown))

  it('cuts what is long and says so', () => {
    expect(visibleText('x'.repeat(500), { maxLength: 10 })).toBe('xxxxxxxxxx… (490 more characters)')
  })

  it('never lets a control or format character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        expect(visibleText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
      }),
    )
  })
})
