import { describe, expect, it } from 'vitest'
import { paint, printableLines } from './format.ts'

describe('printableLines', () => {
  it('keeps lines and colours', () => {
    const text = `${paint(true, 'green', 'pass')}  a\n${paint(true, 'bold', 'b')}\n\u001b[1;31mFAIL\u001b[0m\n\u001b[1mb\u001b[22m \u001b[33mc\u001b[39m`
    expect(printableLines(text)).toBe(text)
  })

  it.each([
    ['what clears the screen', '\u001b[2J'],
    ['what hides text', '\u001b[8m'],
    ['a carriage return', '\rpass'],
    ['the short form of an escape', '\u009b2J'],
    ['a colour in another form', '\u009b[31m'],
    ['what turns the direction', '\u202egnp.exe'],
    ['a title', '\u001b]0;title\u0007'],
  ])('takes out %s', (_, hostile) => {
    expect(printableLines(`fail  ${hostile}`)).not.toContain(hostile.charAt(0))
  })
})
