import * as fc from 'fast-check'
import { PackageURL } from 'packageurl-js'
import { describe, expect, it } from 'vitest'
import { readPurl } from './read-purl.ts'

const byLibrary = (text: string) => {
  try {
    const { type, namespace, name, version, qualifiers, subpath } = PackageURL.fromString(text)
    return { type, namespace: namespace ?? '', name, version, qualifiers: { ...qualifiers }, subpath }
  } catch {
    return undefined
  }
}

describe('readPurl', () => {
  it.each([
    'pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64&distro=debian-12',
    'pkg:deb/debian/libstdc++6@12',
    'pkg:deb/debian/libstdc%2B%2B6@12%2Bb1',
    'pkg:npm/%40a/b@1.0.0',
    'pkg:npm/Lodash',
    'pkg:rpm/redhat/openssl@1.1.1k-9.el8?epoch=1&arch=x86_64',
    'pkg:apk/alpine/busybox@1.36.1-r5',
    'pkg:deb/debian/zlib1g?arch=amd64&arch=arm64',
    'pkg:deb/debian/./zlib1g',
    'pkg:deb//zlib1g',
    'pkg:deb/debian/zlib1g@',
    'pkg:deb/debian/zlib1g?',
    'pkg:deb/debian/zlib1g#lib',
    'pkg:deb/debian/',
    'PKG:deb/debian/zlib1g',
    'pkg://deb/debian/zlib1g',
    'zlib1g',
    '',
  ])('reads %s as the library does', (text) => {
    expect(readPurl(text)).toEqual(byLibrary(text))
  })

  it('never differs from the library', () => {
    const part = fc.stringMatching(/^[a-zA-Z0-9.+~:_%@/-]{0,6}$/)
    fc.assert(
      fc.property(
        fc.constantFrom('deb', 'apk', 'rpm', 'npm', 'pypi', 'DEB'),
        fc.array(part, { maxLength: 3 }),
        fc.option(part),
        fc.option(fc.array(fc.tuple(part, part), { maxLength: 3 })),
        (type, path, version, qualifiers) => {
          const query = qualifiers?.map((pair) => pair.join('=')).join('&')
          const text = `pkg:${type}/${path.join('/')}${version === null ? '' : `@${version}`}${query === undefined ? '' : `?${query}`}`
          expect(readPurl(text)).toEqual(byLibrary(text))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('never differs from the library for plain ones', () => {
    const plain = (pattern: RegExp) => fc.stringMatching(pattern)
    fc.assert(
      fc.property(
        fc.constantFrom('deb', 'apk', 'rpm', 'npm'),
        fc.array(plain(/^[a-z0-9][a-z0-9.+-]{0,6}$/), { minLength: 1, maxLength: 3 }),
        plain(/^[A-Za-z0-9.+~:_-]{1,8}$/),
        fc.array(plain(/^[a-z]{1,3}=[A-Za-z0-9._-]{1,4}$/), { minLength: 1, maxLength: 3 }),
        (type, path, version, query) => {
          const text = `pkg:${type}/${path.join('/')}@${version}?${query.join('&')}`
          expect(readPurl(text)).toEqual(byLibrary(text))
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
