import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withoutPythonRemarks } from './python-remarks.ts'

describe('withoutPythonRemarks', () => {
  it.each([
    ['a comment', 'x = 1  # see /bin/ls\n'],
    ['what a module does', '"""Runs /bin/ls."""\nimport os\n'],
    ['what a module does, behind its licence', '#!/usr/bin/python3\n# free\n\nr"""Runs /bin/ls."""\n'],
    ['what a function does', 'def f(a):\n    """Runs\n\n    >>> f("/bin/ls")\n    """\n    return 1\n'],
    ['what a function of many lines does', "def f(\n    a,\n) -> int:\n    '''Runs /bin/ls.'''\n"],
    ['what a class does', 'class A(B):  # all\n\n    """Runs /bin/ls."""\n'],
  ])('takes out %s', (_title, text) => {
    expect(withoutPythonRemarks(text)).not.toContain('/bin/ls')
  })

  it.each([
    ['a text', 'run("/bin/ls")\n'],
    ['a text with a number sign', 'run("# /bin/ls")\n'],
    ['a script between three quotes', 'SCRIPT = """\n# list\n/bin/ls\n"""\n'],
    ['a script as an argument', 'run(\n    """/bin/ls"""\n)\n'],
    ['a value of many lines', 'a = {\n  "x":\n  """/bin/ls"""\n}\n'],
    ['code behind three quotes in a text', `q = '"""'\ndef f():\n    run("/bin/ls")\n    """x"""\n`],
    ['code behind a quote that is escaped', `q = 'it\\'s'\nrun("/bin/ls") # it's\n`],
    ['a template that looks like a class', 'T = """\nclass A:\n"""\nrun("/bin/ls")\nU = """x"""\n'],
    ['the line of the interpreter', '#!/bin/ls\n'],
    ['code behind a text without an end', `a = "x\nrun('/bin/ls')\n`],
  ])('leaves %s', (_title, text) => {
    expect(withoutPythonRemarks(text)).toContain('/bin/ls')
  })

  it('leaves what has neither quotes nor number signs, and adds nothing to any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('"', "'", '#', '\n', ' ', '\\', 'a', ':') }), (text) => {
        const left = withoutPythonRemarks(text)
        expect(left.length).toBeLessThanOrEqual(text.length)
        if (!/["'#]/.test(text)) expect(left).toBe(text)
      }),
    )
  })
})
