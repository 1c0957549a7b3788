import type { Package } from '@sallyport/inventory'
import { describe, expect, it } from 'vitest'
import { removeChoices } from './edit-alternatives.ts'
import {
  createRemovedNames,
  removeDiversions,
  removeInterests,
  removeOverrides,
  removeStanzas,
  removeStanzasByName,
  removeWaiting,
} from './edit-dpkg-database.ts'

const packageOf = (name: string, arch = 'amd64') => ({ name, arch, dpkg: {} }) as unknown as Package
const names = createRemovedNames([packageOf('gone'), packageOf('both', 'i386')], [packageOf('both')])

describe('createRemovedNames', () => {
  it.each([
    ['gone', true],
    ['gone:amd64', true],
    ['both', false],
    ['both:i386', true],
    ['both:amd64', false],
    ['go', false],
  ])('says of %s: %s', (name, expected) => {
    expect(names.has(name)).toBe(expected)
  })
})

describe('removeStanzas', () => {
  const [a, b, c] = ['Package: a\nVersion: 1', 'Package: b\nDescription: x \n  y', 'Package: c']
  it.each([
    ['the first', [a], `${b}\n\n${c}\n`],
    ['one in the middle', [b], `${a}\n\n${c}\n`],
    ['the last', [c], `${a}\n\n${b}\n\n`],
    ['all', [a, b, c], ''],
    ['none', ['Package: a'], `${a}\n\n${b}\n\n${c}\n`],
  ])('leaves out %s, and no other byte', (_title, stanzas, expected) => {
    expect(removeStanzas(`${a}\n\n${b}\n\n${c}\n`, new Set(stanzas))).toBe(expected)
  })

  it('keeps lines of blanks and empty lines around what stays', () => {
    const text = `\n\n${a}\n\n\n${b}\n \nTail: 1\n\n`
    expect(removeStanzas(text, new Set([a]))).toBe(`\n\n${b}\n \nTail: 1\n\n`)
  })
})

describe('edits of lists', () => {
  it.each([
    [
      'extended_states by architecture',
      removeStanzasByName(
        'Package: both\nArchitecture: i386\n\nPackage: both\nArchitecture: amd64\n\n',
        names,
      ),
      'Package: both\nArchitecture: amd64\n\n',
    ],
    ['diversions', removeDiversions('/a\n/a.x\ngone\n/b\n/b.x\n:\n', names), '/b\n/b.x\n:\n'],
    [
      'interests',
      removeInterests('/x gone/noawait\n/y both\n/z both:i386\n/w other/await\n', names),
      '/y both\n/w other/await\n',
    ],
    ['waiting', removeWaiting('t gone other\nu gone\nv -\n', names), 't other\nv -\n'],
    [
      'overrides',
      removeOverrides('root root 4755 /a b\nroot root 755 /c\n', (path) => path === '/a b'),
      'root root 755 /c\n',
    ],
  ])('filter %s', (_title, actual, expected) => {
    expect(actual).toBe(expected)
  })
})

describe('removeChoices', () => {
  const text =
    'auto\n/usr/bin/x\nx.1\n/usr/share/x.1\n\n/usr/bin/one\n10\n\n/usr/bin/two\n20\n/share/two.1\n\n'
  it('leaves out a choice with its slaves, empty ones too', () => {
    expect(removeChoices(text, (path) => path === '/usr/bin/one')).toBe(
      'auto\n/usr/bin/x\nx.1\n/usr/share/x.1\n\n/usr/bin/two\n20\n/share/two.1\n\n',
    )
  })
  it('gives nothing when no choice, or not the link, is left', () => {
    expect(removeChoices(text, () => true)).toBeUndefined()
    expect(removeChoices(text, () => false, true)).toBeUndefined()
  })
  it('leaves the text as it was when all are there, or when it is none', () => {
    expect(removeChoices(text, () => false)).toBe(text)
    expect(removeChoices('nonsense', () => true)).toBe('nonsense')
  })
})
