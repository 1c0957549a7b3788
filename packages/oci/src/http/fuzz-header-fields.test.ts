import {
  array,
  assert,
  constantFrom,
  date,
  dictionary,
  integer,
  json,
  oneof,
  property,
  string,
  stringMatching,
  tuple,
} from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseChallenges } from '../auth/parse-challenges.ts'
import { OciError } from '../errors.ts'
import { addressScope } from './address-scope.ts'
import { chooseProxy } from './choose-proxy.ts'
import { statusError } from './http-error.ts'
import { nextPage } from './parse-link.ts'
import { parseErrorBody } from './parse-error-body.ts'
import { parseRetryAfter } from './retry-delay.ts'
import { parseWarnings } from './warnings.ts'

const runs = { numRuns: 1000 }
const text = string({ unit: 'binary', maxLength: 200 })
const pieces = (...each: readonly string[]) =>
  array(constantFrom(...each), { maxLength: 25 }).map((list) => list.join(''))
const token = stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}$/)
const quote = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`

describe('parseChallenges', () => {
  const nearChallenge = pieces(
    'Bearer',
    'Basic',
    ' ',
    ',',
    '=',
    '"',
    '\\',
    'realm',
    'abc==',
    '\t',
    '; ',
    'é',
    '\u0000',
  )

  const begun = nearChallenge.map((rest) => `Bearer realm="x",${rest}`)

  it('answers any field with challenges', () => {
    let seen = 0
    assert(
      property(array(oneof(text, nearChallenge, begun), { maxLength: 3 }), (fields) => {
        for (const { scheme, params } of parseChallenges(fields)) {
          expect(scheme).toBe(scheme.toLowerCase())
          expect(Object.values(params).every((value) => typeof value === 'string')).toBe(true)
          seen += Object.keys(params).length
        }
      }),
      runs,
    )
    expect(seen).toBeGreaterThan(10)
  })

  it('reads back challenges as they are written', () => {
    const challenge = tuple(
      token.map((name) => name.toLowerCase()),
      dictionary(
        token.map((name) => name.toLowerCase()),
        string({ maxLength: 20 }),
        { minKeys: 1, maxKeys: 4 },
      ),
    )
    assert(
      property(array(challenge, { minLength: 1, maxLength: 3 }), (list) => {
        const field = list
          .map(
            ([scheme, params]) =>
              `${scheme} ${Object.entries(params)
                .map(([name, value]) => `${name}=${quote(value)}`)
                .join(', ')}`,
          )
          .join(', ')
        expect(parseChallenges([field])).toEqual(
          list.map(([scheme, params]) => ({ scheme, params: { ...params } })),
        )
      }),
      runs,
    )
  })
})

describe('nextPage', () => {
  const url = new URL('https://r.example/v2/app/tags/list?n=2')
  const nearLink = pieces(
    '<',
    '>',
    ';',
    'rel',
    '=',
    '"next"',
    'next',
    ',',
    ' ',
    '/v2/',
    '?last=',
    '//evil.example',
    'https:',
    '\\',
    '"',
  )

  const nearTarget = array(
    constantFrom(
      '/v2/',
      '?last=',
      '#',
      '//r.example',
      '//evil.example',
      'https:',
      'http:',
      '\\',
      '..',
      '@',
      'a',
      '%2f',
      ':443',
      ':80',
      '\t',
      '[',
      'é',
    ),
    { maxLength: 5 },
  ).map((parts) => parts.join(''))
  const link = nearTarget.map((target) => `<${target}>; rel="next"`)

  it('answers any field with a page of the same registry, none, or a typed error', () => {
    let followed = 0
    assert(
      property(array(oneof(text, nearLink, link), { maxLength: 3 }), (fields) => {
        try {
          const next = nextPage(fields, url)
          if (next === undefined) return
          followed++
          expect([next.origin, next.username, next.password]).toEqual([url.origin, '', ''])
        } catch (error) {
          expect(error).toBeInstanceOf(OciError)
        }
      }),
      runs,
    )
    expect(followed).toBeGreaterThan(30)
  })

  it('follows any path and query that is written properly', () => {
    const target = stringMatching(/^\/v2\/[a-z0-9/]{0,20}\?last=[A-Za-z0-9%+._~-]{0,20}$/)
    assert(
      property(target, token, (path, other) => {
        const next = nextPage([`</first>; rel="${other}x", <${path}>; title="a, b"; rel="next"`], url)
        expect(next?.href).toBe(new URL(path, url).href)
      }),
    )
  })
})

describe('parseRetryAfter', () => {
  const now = new Date('2026-03-01T10:00:00Z')

  it('answers any field with a wait or nothing', () => {
    assert(
      property(oneof(text, pieces('1', '9', '-', '.', 'e', 'Mon', ',', ' ', ':', 'GMT')), (field) => {
        const wait = parseRetryAfter(field, now)
        if (wait !== undefined) expect(Number.isFinite(wait) && wait >= 0).toBe(true)
      }),
      runs,
    )
  })

  it('reads seconds and dates as they are written', () => {
    const later = date({ min: now, max: new Date('2027-01-01'), noInvalidDate: true })
    assert(
      property(integer({ min: 0, max: 1_000_000 }), later, (seconds, at) => {
        expect(parseRetryAfter(String(seconds), now)).toBe(seconds * 1000)
        const whole = Math.floor(at.getTime() / 1000) * 1000
        expect(parseRetryAfter(at.toUTCString(), now)).toBe(whole - now.getTime())
      }),
    )
  })
})

describe('error bodies', () => {
  const subject = { action: 'read', reference: 'r.example/app', notFound: 'REGISTRY_ERROR' } as const

  it('of any form become a short, printable error', () => {
    const entry = dictionary(
      constantFrom('code', 'message', 'detail', 'x'),
      json({ maxDepth: 2 }).map((each) => JSON.parse(each) as unknown),
    )
    const list = array(entry, { maxLength: 4 }).map((errors) => JSON.stringify({ errors }))
    assert(
      property(oneof(text, json({ maxDepth: 3 }), list), integer({ min: 300, max: 599 }), (body, status) => {
        const error = statusError(status, body, subject)
        const shown = JSON.stringify([error.message, error.registryErrors])
        expect(error).toMatchObject({ name: 'OciError', status })
        expect(error.message.length).toBeLessThan(600)
        // oxlint-disable-next-line no-control-regex
        expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
      }),
      runs,
    )
  })

  it('keep the entries that a registry writes', () => {
    const errors = array(tuple(token, string()), { minLength: 1, maxLength: 10 }).map((list) =>
      list.map(([code, message]) => ({ code, message })),
    )
    assert(
      property(errors, (list) => {
        expect(parseErrorBody(JSON.stringify({ errors: list }))).toEqual({ errors: list })
      }),
    )
  })
})

describe('other text from outside', () => {
  it('warnings of any form become short texts', () => {
    const inside = oneof(
      string({ unit: 'binary', maxLength: 600 }),
      pieces('"', '\\', '\\"', ',', '299 - "', 'x'),
    )
    const written = inside.map((each) => `299 - "${each}"`)
    let seen = 0
    assert(
      property(
        array(oneof(text, written, pieces('299 ', '- ', '"', '\\', ',', 'x')), { maxLength: 3 }),
        (fields) => {
          for (const each of parseWarnings(fields)) {
            seen++
            expect(each.length).toBeLessThanOrEqual(301)
            // oxlint-disable-next-line no-control-regex
            expect(each).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
          }
        },
      ),
      runs,
    )
    expect(seen).toBeGreaterThan(100)
  })

  it('host names of any form have a scope', () => {
    const hosts = oneof(
      text,
      pieces('::', '1', 'ffff', ':', '.', '127', '[', ']', '%', '0x7f', 'localhost', '64:ff9b'),
    )
    assert(
      property(hosts, (host) => {
        expect(['public', 'private', 'loopback', 'link-local']).toContain(addressScope(host))
      }),
      runs,
    )
  })

  it('proxies of any form are taken or refused with a typed error', () => {
    const url = new URL('https://r.example/')
    const near = pieces(
      'http:',
      'https:',
      'ftp:',
      '//',
      'u:p@',
      'proxy',
      '.',
      ':',
      '3128',
      '[::1]',
      '/',
      '\\',
      '%',
    )
    let chose = 0
    assert(
      property(
        oneof(
          text,
          near,
          near.map((each) => `http://p${each}`),
        ),
        oneof(text, pieces('.', '*', ',', '/', '8', '10.0.0.0', '::1', '[', ']', ':443', 'r.example')),
        (proxy, list) => {
          try {
            const chosen = chooseProxy(url, { https_proxy: proxy, no_proxy: list })
            if (chosen === undefined) return
            chose++
            expect(chosen.protocol).toMatch(/^https?:$/)
          } catch (error) {
            expect(error).toBeInstanceOf(OciError)
          }
        },
      ),
      runs,
    )
    expect(chose).toBeGreaterThan(30)
  })

  it.each([
    ['challenges', (long: string) => parseChallenges([long])],
    ['warnings', (long: string) => parseWarnings([long])],
    ['waits', (long: string) => [parseRetryAfter(long, new Date())]],
    [
      'proxies',
      (long: string) => [
        chooseProxy(new URL('https://r.example'), { https_proxy: 'http://p', no_proxy: long }),
      ],
    ],
    ['scopes', (long: string) => [addressScope(long)]],
  ])('%s of 64 KiB are answered at once', (_, parse) => {
    for (const piece of ['a', '"', '\\', ',', '299 - "', ':', '[', '=', 'Bearer a="', ' ', '.', '299 x ']) {
      expect(Array.isArray(parse(piece.repeat(Math.floor(65_536 / piece.length))))).toBe(true)
    }
  })
})
