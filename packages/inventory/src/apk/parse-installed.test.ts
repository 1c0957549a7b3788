import { describe, expect, it } from 'vitest'
import { parseInstalled } from './parse-installed.ts'

describe('parseInstalled', () => {
  it('reads fields and files, those in the root too', () => {
    const text =
      'P:a\nV:1-r0\nF:\nR:top\nF:usr/bin\nM:0:0:755\nR:b\na:0:0:4755\nZ:Q1x=\nR:c\n\n\nP:d\nV:2-r0\n'
    const [first, second] = [...parseInstalled(text)]
    expect(first).toMatchObject({ line: 1, files: ['/top', '/usr/bin/b', '/usr/bin/c'], problem: undefined })
    expect(first!.fields.get('P')).toBe('a')
    expect(second).toMatchObject({ line: 13, files: [] })
  })

  it.each([
    ['a line that is no field', 'P:a\nnonsense\nV:1'],
    ['a second name', 'P:a\nP:b\nV:1'],
    ['a file without a folder', 'P:a\nV:1\nR:x'],
  ])('tells %s', (_title, text) => {
    const [entry] = [...parseInstalled(text)]
    expect(entry!.problem).toMatch(/^line \d: /)
    expect(entry!.fields.get('P')).toBe('a')
  })
})
