import { describe, expect, it } from 'vitest'
import { sharedCases } from '../testing/shared-cases.ts'
import { statusError } from './http-error.ts'
import { parseErrorBody } from './parse-error-body.ts'
import { parseRetryAfter } from './retry-delay.ts'

interface Row {
  readonly name: string
  readonly input: {
    readonly method: string
    readonly status: number
    readonly headers: Record<string, string>
    readonly body: string
  }
  readonly expect: {
    readonly errors: readonly unknown[]
    readonly bodyText?: string
    readonly category?: 'not-found' | 'unauthorized' | 'denied' | 'rate-limited'
    readonly retryable?: boolean
    readonly retryAfterSeconds?: number
    readonly retryAfterDate?: string
    readonly mustNotContain?: readonly string[]
  }
}

const rows = sharedCases<Row>('error-bodies')
const subject = {
  action: 'read manifest v1',
  reference: 'r.example/app',
  notFound: 'MANIFEST_NOT_FOUND',
} as const
const codes = {
  'not-found': 'MANIFEST_NOT_FOUND',
  unauthorized: 'UNAUTHORIZED',
  denied: 'DENIED',
  'rate-limited': 'RATE_LIMITED',
} as const

describe.skipIf(rows.length === 0)('error answers, shared table', () => {
  it.each(rows)('$name', ({ input, expect: expected }) => {
    const { errors, bodyText } = parseErrorBody(input.body)
    expect(errors).toEqual(expected.errors)
    if (expected.bodyText !== undefined) expect(bodyText).toBe(expected.bodyText)

    const error = statusError(input.status, input.body, subject)
    expect(error.status).toBe(input.status)
    expect(error.message.length).toBeLessThan(500)
    if (expected.category !== undefined) expect(error.code).toBe(codes[expected.category])
    if (expected.retryable !== undefined) expect(error.retryable).toBe(expected.retryable)
    for (const text of expected.mustNotContain ?? []) expect(error.message).not.toContain(text)

    const now = new Date('2027-12-31T23:59:00Z')
    const wait = parseRetryAfter(input.headers['retry-after'], now)
    if (expected.retryAfterSeconds !== undefined) expect(wait).toBe(expected.retryAfterSeconds * 1000)
    if (expected.retryAfterDate !== undefined) {
      expect(wait).toBe(Date.parse(expected.retryAfterDate) - now.getTime())
    }
  })
})

describe('statusError', () => {
  it.each([
    ['terminal escapes', '{"errors":[{"code":"A","message":"\\u001b[31mred"}]}', '\u001b'],
    ['a bearer token', 'you sent Bearer abcdefghijklmnop', 'abcdefghijklmnop'],
    ['a password in a URL', 'see https://user:hunter22@r.example/', 'hunter22'],
    [
      'a signature in a URL',
      'see https://s3.example/x?X-Signature=0123456789abcdef0123456789',
      '0123456789abcdef',
    ],
  ])('keeps %s out of the message', (_, body, secret) => {
    expect(statusError(400, body, subject).message).not.toContain(secret)
  })
})

describe('parseRetryAfter', () => {
  const now = new Date('2026-01-01T00:00:00Z')

  it.each([
    ['120', 120_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j means %j', (field, expected) => {
    expect(parseRetryAfter(field, now)).toBe(expected)
  })
})
