import type { DpkgDependency, Package } from '@sallyport/inventory'
import { describe, expect, it } from 'vitest'
import { companionReason } from '../../plan/companion-packages.ts'
import { closeDependencies } from '../../plan/close-dependencies.ts'
import { createRequirements } from './create-requirements.ts'
import { protectionOf } from './protected-packages.ts'

const make = (
  name: string,
  {
    arch = 'amd64',
    version = '1',
    depends = [],
    provides = [],
    multiArch,
  }: {
    arch?: string
    version?: string
    depends?: DpkgDependency[][]
    provides?: DpkgDependency[]
    multiArch?: string
  } = {},
) => ({ name, arch, version, files: [], dpkg: { depends, provides, multiArch } }) as unknown as Package

describe('closeDependencies', () => {
  it.each<[string, DpkgDependency[][], Package[], string[]]>([
    [
      'the first alternative that is there',
      [[{ name: 'no' }, { name: 'b' }, { name: 'c' }]],
      [make('b'), make('c')],
      ['b'],
    ],
    ['what provides a name', [[{ name: 'mta' }]], [make('exim', { provides: [{ name: 'mta' }] })], ['exim']],
    [
      'a version that fits',
      [[{ name: 'b', operator: '>=', version: '2' }, { name: 'c' }]],
      [make('b'), make('c')],
      ['c'],
    ],
    [
      'no unversioned name for a version',
      [[{ name: 'v', operator: '>=', version: '1' }, { name: 'c' }]],
      [make('b', { provides: [{ name: 'v' }] }), make('c')],
      ['c'],
    ],
    ['its own architecture', [[{ name: 'b' }]], [make('b', { arch: 'i386' }), make('b')], ['b:amd64']],
    [
      'another where that is allowed',
      [[{ name: 'b', arch: 'any' }]],
      [make('b', { arch: 'i386' })],
      ['b:i386'],
    ],
    ['a foreign package', [[{ name: 'b' }]], [make('b', { arch: 'i386', multiArch: 'foreign' })], ['b:i386']],
    ['chains', [[{ name: 'b' }]], [make('b', { depends: [[{ name: 'c' }]] }), make('c')], ['b', 'c']],
    ['nothing for what was open before', [[{ name: 'no' }]], [make('b')], []],
  ])('adds %s', (_title, depends, others, expected) => {
    const root = make('root', { depends })
    const added = closeDependencies([root], {
      requirementsOf: createRequirements([root, make('x'), make('y'), ...others]),
    })
    const names = [...added.keys()].map(({ name, arch }) => [name, `${name}:${arch}`])
    expect(names.map(([name, full], index) => (expected[index] === full ? full : name))).toEqual(expected)
  })

  it('takes an alternative that is kept already', () => {
    const [root, b, c] = [make('root', { depends: [[{ name: 'b' }, { name: 'c' }]] }), make('b'), make('c')]
    expect(closeDependencies([root, c], { requirementsOf: createRequirements([root, b, c]) }).size).toBe(0)
  })
})

describe('protectionOf', () => {
  it.each([
    ['libc6', true],
    ['ca-certificates', true],
    ['bash', false],
    ['libc6-dev', false],
  ])('of %s is %s', (name, expected) => {
    expect(protectionOf(name) !== undefined).toBe(expected)
  })

  it('keeps terminal descriptions with their library only', () => {
    expect(companionReason('ncurses-base', ['libtinfo6'])).toBeDefined()
    expect(companionReason('ncurses-base', ['libc6'])).toBeUndefined()
  })
})
