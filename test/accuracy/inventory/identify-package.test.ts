import { describe, expect, it } from 'vitest'
import { identifyPackage } from './identify-package.ts'

describe('identifyPackage', () => {
  it.each([
    ['an epoch of its own', 'pkg:deb/debian/vim@2%3A9.0-2%2Bu1?arch=amd64', 'deb/vim@2:9.0-2+u1'],
    ['an epoch among the qualifiers', 'pkg:deb/debian/vim@9.0-2%2Bu1?epoch=2', 'deb/vim@2:9.0-2+u1'],
    ['the epoch 0', 'pkg:rpm/centos/bash@5.1-9?epoch=0', 'rpm/bash@5.1-9'],
    ['a scope', 'pkg:npm/%40types/node@18.0.0', 'npm/@types/node@18.0.0'],
    ['a scope that is not encoded', 'pkg:npm/@types/node@18.0.0', 'npm/@types/node@18.0.0'],
    ['a name of PyPI', 'pkg:pypi/Foo_.bar@1.0', 'pypi/foo-bar@1.0'],
    ['a module of Go', 'pkg:golang/golang.org/x/Text@v0.3.7', 'golang/golang.org/x/text@0.3.7'],
    ['a subpath', 'pkg:golang/example.org/m@v2.0.0#v2', 'golang/example.org/m/v2@2.0.0'],
    ['no version', 'pkg:golang/sample.local/server', 'golang/sample.local/server'],
  ])('compares %s', (_what, purl, id) => {
    expect(identifyPackage(purl).id).toBe(id)
  })

  it('refuses what is no purl', () => {
    expect(() => identifyPackage('deb/vim')).toThrow('no purl')
  })
})
