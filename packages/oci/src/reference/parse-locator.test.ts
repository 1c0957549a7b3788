import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatLocator, type ImageLocator, parseLocator } from './parse-locator.ts'

const hex = 'a'.repeat(64)
const digest = `sha256:${hex}` as const

describe('parseLocator', () => {
  it.each<[string, ImageLocator]>([
    [
      'r.example/app:1',
      { kind: 'registry', reference: { registry: 'r.example', repository: 'app', tag: '1' } },
    ],
    [
      `docker://r.example:5000/a/b@${digest}`,
      { kind: 'registry', reference: { registry: 'r.example:5000', repository: 'a/b', digest } },
    ],
    ['oci:images', { kind: 'oci', directory: 'images' }],
    ['oci:/srv/images:v1', { kind: 'oci', directory: '/srv/images', tag: 'v1' }],
    [`oci:../images@${digest}`, { kind: 'oci', directory: '../images', digest }],
    [`oci:images:v1@${digest}`, { kind: 'oci', directory: 'images', tag: 'v1', digest }],
    ['oci:C:\\images:v1', { kind: 'oci', directory: 'C:\\images', tag: 'v1' }],
    ['oci:c:/images', { kind: 'oci', directory: 'c:/images' }],
    ['oci:c:images', { kind: 'oci', directory: 'c', tag: 'images' }],
    ['oci:at@home', { kind: 'oci', directory: 'at@home' }],
    ['oci-archive:a.tar', { kind: 'oci-archive', file: 'a.tar' }],
    ['oci-archive:a.tar:v1', { kind: 'oci-archive', file: 'a.tar', tag: 'v1' }],
    ['docker-archive:a.tar', { kind: 'docker-archive', file: 'a.tar' }],
    [
      'docker-archive:a.tar:r.example:5000/app:1',
      {
        kind: 'docker-archive',
        file: 'a.tar',
        reference: { registry: 'r.example:5000', repository: 'app', tag: '1' },
      },
    ],
    [
      'docker-archive:D:\\a.tar:alpine:3',
      {
        kind: 'docker-archive',
        file: 'D:\\a.tar',
        reference: { registry: 'docker.io', repository: 'library/alpine', tag: '3' },
      },
    ],
  ])('reads %s', (text, expected) => {
    expect(parseLocator(text)).toEqual(expected)
  })

  it.each([
    'oci:',
    'oci::v1',
    'oci:dir:',
    'oci:dir:a:b',
    'oci:dir:-v1',
    'oci:dir:@0',
    `oci:dir@sha256:${hex.slice(1)}`,
    'oci-archive:',
    'docker-archive:a.tar:',
    'docker-archive:a.tar:@0',
    `docker-archive:a.tar:alpine@${digest}`,
    'docker-archive:a.tar:UPPER:1',
    'docker://',
    'docker://alpine',
    'oci:a\0b',
    'dir:folder',
    'docker-daemon:alpine:3',
    'ocidir://folder:v1',
    'https://r.example/app',
  ])('refuses %j', (text) => {
    expect(() => parseLocator(text)).toThrowError(expect.objectContaining({ code: 'REFERENCE_INVALID' }))
  })

  it('refuses a text of a million characters at once', () => {
    expect(() => parseLocator(`oci:${'a:'.repeat(500_000)}`)).toThrowError(/at most/)
  })

  it('refuses the schemes of other tools also where a default registry could take them for names', () => {
    expect(() => parseLocator('dir:folder', { defaultRegistry: 'docker.io' })).toThrowError(
      expect.objectContaining({ code: 'REFERENCE_INVALID' }),
    )
    expect(parseLocator('docker://dir:1', { defaultRegistry: 'docker.io' })).toEqual({
      kind: 'registry',
      reference: { registry: 'docker.io', repository: 'library/dir', tag: '1' },
    })
  })
})

describe('formatLocator', () => {
  const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/)
  const anyDigest = fc.stringMatching(/^[0-9a-f]{64}$/).map((text) => `sha256:${text}` as const)
  const path = fc
    .tuple(
      fc.constantFrom('', '/', './', '../', 'C:\\', 'z:/', '@', ' '),
      fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }),
    )
    .map((parts) => parts.join(''))
    .filter((text) => !/[\0]/.test(text) && !text.replace(/^[A-Za-z]:[\\/]/, '').includes(':'))
  const reference = fc.record(
    {
      registry: fc.constantFrom('r.example', 'r.example:5000', '[::1]:5000', 'localhost', 'docker.io'),
      repository: fc.stringMatching(/^[a-z0-9]{1,8}\/[a-z0-9]{1,8}$/),
      tag,
      digest: anyDigest,
    },
    { requiredKeys: ['registry', 'repository'] },
  )
  const within = fc.record({ tag, digest: anyDigest }, { requiredKeys: [] })
  const locator: fc.Arbitrary<ImageLocator> = fc.oneof(
    reference.map((value) => ({ kind: 'registry' as const, reference: value })),
    fc.tuple(path, within).map(([directory, names]) => ({ kind: 'oci' as const, directory, ...names })),
    fc.tuple(path, within).map(([file, names]) => ({ kind: 'oci-archive' as const, file, ...names })),
    path.map((file) => ({ kind: 'docker-archive' as const, file })),
    fc.tuple(path, reference).map(([file, named]) => ({
      kind: 'docker-archive' as const,
      file,
      reference: {
        registry: named.registry,
        repository: named.repository,
        ...(named.tag && { tag: named.tag }),
      },
    })),
  )

  it('writes what parseLocator reads back', () => {
    fc.assert(
      fc.property(locator, (value) => {
        expect(parseLocator(formatLocator(value))).toEqual(value)
      }),
    )
  })

  it('writes what was read, for any text that is a locator', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.constantFrom('oci:', 'oci-archive:', 'docker-archive:', ''), fc.string()),
        (parts) => {
          let read: ImageLocator
          try {
            read = parseLocator(parts.join(''))
          } catch (error) {
            expect(error).toMatchObject({ code: 'REFERENCE_INVALID' })
            return
          }
          expect(parseLocator(formatLocator(read))).toEqual(read)
        },
      ),
    )
  })

  it.each(['a:b', 'C:\\a:b', ''])('refuses the path %j', (directory) => {
    expect(() => formatLocator({ kind: 'oci', directory })).toThrowError(
      expect.objectContaining({ code: 'REFERENCE_INVALID' }),
    )
  })
})
