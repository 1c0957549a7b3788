import { describe, expect, it } from 'vitest'
import { openYaml } from './open-yaml.ts'

function refusalOf(text: string): unknown {
  try {
    openYaml(text, 'gate.yaml')
  } catch (error) {
    return error
  }
  throw new Error('the document was accepted')
}

describe('openYaml', () => {
  it.each([
    ['a byte too many', `# ${'x'.repeat(1024 * 1024)}`, 'LIMIT_EXCEEDED'],
    ['sequences in each other', '['.repeat(100_000), 'LIMIT_EXCEEDED'],
    ['mappings in each other', '{a: '.repeat(100_000), 'LIMIT_EXCEEDED'],
    ['entries in each other on one line', `${'- '.repeat(100_000)}x`, 'LIMIT_EXCEEDED'],
    ['keys in each other on one line', `${'? '.repeat(100_000)}x`, 'LIMIT_EXCEEDED'],
    [
      'keys in each other by indentation',
      Array.from({ length: 1_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      'LIMIT_EXCEEDED',
    ],
    ['nothing but quotes', '"'.repeat(900_000), 'LIMIT_EXCEEDED'],
    ['more entries than any policy has', '- {a: 1}\n'.repeat(100_000), 'LIMIT_EXCEEDED'],
    ['nesting that no policy needs', `${'['.repeat(30)}${']'.repeat(30)}`, 'POLICY_INVALID'],
    [
      'an alias bomb',
      [
        'a: &a [x, x, x, x, x, x, x, x, x]',
        ...Array.from('bcdefgh', (name, index) => {
          const previous = 'abcdefgh'[index]!
          return `${name}: &${name} [${Array(9).fill(`*${previous}`).join(', ')}]`
        }),
      ].join('\n'),
      'POLICY_INVALID',
    ],
    ['an alias of what it stands in', 'a: &a [*a]', 'POLICY_INVALID'],
    ['a mapping that is its own value', 'a: &a {b: *a}', 'POLICY_INVALID'],
    ['a tag', 'a: !!js/function x', 'POLICY_INVALID'],
    ['a tag of its own', 'a: !secret x', 'POLICY_INVALID'],
    ['another YAML', '%YAML 1.1\n---\na: yes', 'POLICY_INVALID'],
    ['several documents', 'a: 1\n---\nb: 2', 'POLICY_INVALID'],
    ['a key twice', 'a: 1\nb: 2\na: 3', 'POLICY_INVALID'],
    ['a key twice, once in quotes', 'a: 1\n"a": 3', 'POLICY_INVALID'],
    ['a number as key', '1: a', 'POLICY_INVALID'],
    ['a list as key', '? [a, b]\n: c', 'POLICY_INVALID'],
    ['no key', ': c', 'POLICY_INVALID'],
    ['a key that reaches the prototype', 'a:\n  __proto__: { b: 1 }', 'POLICY_INVALID'],
    ['a number without end', 'a: .inf', 'POLICY_INVALID'],
    ['no number', 'a: .nan', 'POLICY_INVALID'],
  ])('refuses %s', (_title, text, code) => {
    expect(refusalOf(text)).toMatchObject({ name: 'PolicyError', code })
  })

  it('reads a mapping of very many keys without comparing each with each', () => {
    const text = Array.from({ length: 30_000 }, (_, index) => `k${index}: 1`).join('\n')
    expect(Object.keys(openYaml(text, 'gate.yaml').data as object)).toHaveLength(30_000)
  }, 20_000)

  it('reads JSON, aliases, and the same whatever ends its lines', () => {
    expect(openYaml('{"a": [1, "b", true, null]}', 'x').data).toEqual({ a: [1, 'b', true, null] })
    expect(openYaml('a: &x [1]\r\nb: *x\r\n', 'x').data).toEqual({ a: [1], b: [1] })
    expect(openYaml('\u{feff}a: 1', 'x').data).toEqual({ a: 1 })
  })

  it('does not read dates, times or words as anything but text', () => {
    expect(openYaml('[2027-01-01, 12:30:00, yes, 0o7, 1_000]', 'x').data).toEqual([
      '2027-01-01',
      '12:30:00',
      'yes',
      7,
      '1_000',
    ])
  })

  it.each([
    [['a', 'b', 1], 'value', 2, 10],
    [['a', 'b'], 'key', 2, 3],
    [['a', 'b'], 'value', 2, 6],
    [['a', 'c', 'd'], 'value', 3, 10],
    [['a', 'nothing', 'd'], 'value', 2, 3],
    [['a', 'b', 7], 'value', 2, 6],
    [[], 'value', 1, 1],
  ] as const)('knows where %j is (%s)', (path, of, line, column) => {
    const { positionOf } = openYaml('a:\n  b: [1, 2]\n  c: {d: 5}\n', 'x')
    expect(positionOf(path, of)).toEqual({ line, column })
  })
})
