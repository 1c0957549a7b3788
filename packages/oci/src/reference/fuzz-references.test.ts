import { formatReference } from '@sallyport/core'
import {
  array,
  assert,
  constantFrom,
  oneof,
  option,
  property,
  record,
  string,
  stringMatching,
  tuple,
} from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OciError } from '../errors.ts'
import { createRegistryClient } from '../registry/create-registry-client.ts'
import { checkRepositoryName, isTag, parseReference } from './parse-reference.ts'

const label = stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/)
const registry = tuple(label, label, option(stringMatching(/^[1-9][0-9]{0,3}$/))).map(
  ([first, second, port]) => `${first}.${second}${port === null ? '' : `:${port}`}`,
)
const part = stringMatching(/^[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}$/)
const repository = array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
const tag = stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,30}$/)
const digest = constantFrom('sha256', 'sha512').chain((algorithm) =>
  stringMatching(algorithm === 'sha256' ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{128}$/).map(
    (hex) => `${algorithm}:${hex}` as const,
  ),
)
/** Text made of the pieces of references, which comes nearer to the edges than any text does. */
const nearReference = array(
  constantFrom(
    '/',
    ':',
    '@',
    '.',
    '-',
    '_',
    '__',
    '[',
    ']',
    '::1',
    'sha256:',
    'a',
    'B',
    '5000',
    'localhost',
    '\u0000',
    ' ',
    '%2f',
    '..',
    'docker.io',
    'é',
  ),
  { maxLength: 20 },
).map((pieces) => pieces.join(''))

const joined = (maxLength: number, ...pieces: readonly string[]) =>
  array(constantFrom(...pieces), { minLength: 1, maxLength }).map((parts) => parts.join(''))
/** Pieces that make names and, put together badly, none. */
const nearName = tuple(
  joined(3, 'a', 'B', '5', 'c.d', '.', '-', 'localhost', '.io', 'xn--', '0x7f', '127.1', '_', '[::1]', '1.'),
  constantFrom('', '', ':5000', ':0', ':99999'),
  joined(3, 'a', 'b', '5', 'a.b', 'a__b', '.', '-', '/', 'b/c', 'B', '..'),
  constantFrom('', '', ':1.0', ':A_', ':..', `@sha256:${'0'.repeat(64)}`),
).map(([host, port, path, rest]) => `${host}${port}/${path}${rest}`)

function parsesOrRefuses(text: string): boolean {
  for (const defaultRegistry of [undefined, 'docker.io', 'r.example']) {
    try {
      parseReference(text, { defaultRegistry })
    } catch (error) {
      if (!(error instanceof OciError) || error.code !== 'REFERENCE_INVALID') return false
      if (error.message.length > 400) return false
    }
  }
  return true
}

describe('parseReference', () => {
  it('reads back every reference that it can write', () => {
    const reference = record({ registry, repository, tag: option(tag), digest: option(digest) }).map(
      ({ tag: someTag, digest: someDigest, ...name }) => ({
        ...name,
        ...(someTag === null ? {} : { tag: someTag }),
        ...(someDigest === null ? {} : { digest: someDigest }),
      }),
    )
    assert(
      property(reference, (each) => {
        expect(parseReference(formatReference(each))).toEqual(each)
      }),
    )
  })

  it('answers any text with a reference or a typed error', () => {
    expect(() => assert(property(string({ unit: 'binary', maxLength: 300 }), parsesOrRefuses))).not.toThrow()
    expect(() => assert(property(nearReference, parsesOrRefuses), { numRuns: 2000 })).not.toThrow()
  })

  it('gives names that can stand in a URL, or that no client opens', async () => {
    await using client = createRegistryClient()
    let opened = 0
    assert(
      property(oneof(nearReference, nearName), (text) => {
        let parsed
        try {
          parsed = parseReference(text, { defaultRegistry: 'docker.io' })
        } catch {
          return
        }
        const origin = `https://${parsed.registry}`
        const host = parsed.registry.replace(/:\d+$/, '').toLowerCase()
        try {
          client.repository(parsed)
        } catch (error) {
          expect(error).toMatchObject({ code: 'REFERENCE_INVALID' })
          // As WHATWG's URL has hosts: ports have an end, and what ends in a number, also as 0x7f, is an address.
          expect(URL.canParse(origin) && new URL(origin).hostname).not.toBe(host)
          return
        }
        const url = new URL(`${origin}/v2/${parsed.repository}/manifests/${parsed.tag ?? 'x'}`)
        expect(url.hostname).toBe(host)
        expect(url.pathname).toBe(`/v2/${parsed.repository}/manifests/${parsed.tag ?? 'x'}`)
        expect([url.username, url.search, url.hash]).toEqual(['', '', ''])
        expect(() => checkRepositoryName(parsed)).not.toThrow()
        opened++
      }),
      { numRuns: 2000 },
    )
    expect(opened).toBeGreaterThan(30)
  })

  it.each([
    'a/'.repeat(400),
    'a-'.repeat(500),
    'a__'.repeat(300),
    `r.example/${'a.'.repeat(400)}`,
    '['.repeat(900),
  ])('answers a long text at once', (text) => {
    expect(parsesOrRefuses(text)).toBe(true)
  })
})

describe('isTag', () => {
  it('takes nothing that means more than itself in a path', () => {
    const nearTag = joined(
      4,
      'a',
      'Z',
      '0',
      '_',
      '-',
      '.',
      '/',
      '\\',
      '?',
      '#',
      '%',
      ':',
      '@',
      ' ',
      '\n',
      'é',
      'ſ',
    )
    let tags = 0
    assert(
      property(oneof(string({ unit: 'binary' }), nearTag), (text) => {
        if (!isTag(text)) return
        tags++
        expect(text).not.toMatch(/[/\\?#%:@\s]|^\.|^-/)
        expect(encodeURIComponent(text)).toBe(text)
      }),
      { numRuns: 1000 },
    )
    expect(tags).toBeGreaterThan(20)
  })
})
