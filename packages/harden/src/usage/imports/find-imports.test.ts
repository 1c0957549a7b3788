import { describe, expect, it } from 'vitest'
import type { ImportLanguage } from '../source-code.ts'
import { findImports } from './find-imports.ts'

const found = (language: ImportLanguage, text: string) =>
  findImports(language, text).map(({ name, members, isCertain }) => [name, members.join(' '), isCertain])

describe('findImports', () => {
  it.each<[ImportLanguage, string, string, readonly unknown[]]>([
    [
      'python',
      'several of one line',
      'import a.b as c, d',
      [
        ['a.b', '', true],
        ['d', '', true],
      ],
    ],
    ['python', 'members in brackets', 'from .x import (\n  y,  # z\n  w as v,\n)', [['.x', 'y w', true]]],
    ['python', 'what stands in a block', 'try:\n    import a\nexcept ImportError: pass', [['a', '', false]]],
    ['python', 'nothing of examples', '"""\nimport a\n"""\nimport b', [['b', '', true]]],
    ['python', 'a name given to a function', 'importlib.import_module("a.b")', [['a.b', '', false]]],
    ['javascript', 'require', "const a = require('a/b')", [['a/b', '', true]]],
    ['javascript', 'require in a function', "f(() => {\n  require('a')\n})", [['a', '', false]]],
    [
      'javascript',
      'import',
      "import a, { b } from '@x/a'\nimport './y.js'",
      [
        ['@x/a', '', true],
        ['./y.js', '', true],
      ],
    ],
    ['javascript', 'an export from elsewhere', "export * from './z'", [['./z', '', true]]],
    ['javascript', 'an import that waits', "const a = await import('a')", [['a', '', false]]],
    [
      'perl',
      'use and require',
      'use Foo::Bar qw(x);\nrequire Baz;',
      [
        ['Foo::Bar', '', true],
        ['Baz', '', false],
      ],
    ],
    ['perl', 'base classes', 'use parent qw(A::B);', [['A::B', '', true]]],
  ])('finds in %s %s', (language, _title, text, expected) => {
    expect(found(language, text)).toEqual(expect.arrayContaining([...expected]))
  })

  it('ends soon on a text made to be slow', () => {
    const text = `${'from a import ('.repeat(20_000)}${'import '.repeat(50_000)}`
    expect(findImports('python', text).length).toBeLessThan(10_000)
    expect(findImports('javascript', text).length).toBeLessThan(10_000)
  })
})
