import { createSigstore } from '@sallyport/testkit/sigstore'
import { describe, expect, it } from 'vitest'
import { combineTrustedRoots } from '../../trust/combine-trusted-roots.ts'
import { parseTrustedRoot } from '../../trust/trusted-root.ts'
import { confirmedTimes } from './require-confirmations.ts'
import { parseTimestamp, type TimestampToken } from './timestamp-token.ts'

const clock = (): number => Date.UTC(2026, 2, 3)
const one = createSigstore({ clock, operator: 'one' })
const two = createSigstore({ clock, operator: 'two', hostname: 'two.test' })
const rootOf = ({ trustedRoot }: typeof one) => parseTrustedRoot(JSON.stringify(trustedRoot))
const root = combineTrustedRoots([rootOf(one), rootOf(two)])
const tokenOf = (by: typeof one): TimestampToken => parseTimestamp(by.timestamp(Buffer.from('signature')))

/** The token as if it had come with other certificates. */
const withCertificates = (token: TimestampToken, certificates: readonly Buffer[]): TimestampToken =>
  new Proxy(token, {
    get: (of, name) => {
      const value: unknown = name === 'certificates' ? certificates : Reflect.get(of, name, of)
      return value
    },
  })

const certificatesOf = (by: typeof one): readonly Buffer[] =>
  rootOf(by).timestampAuthorities.flatMap(({ certificates }) => certificates.map((each) => Buffer.from(each)))

describe('confirmedTimes', () => {
  it.each([
    ['one', one],
    ['two', two],
  ])(
    'names the operator of the authority that made a token, with its certificates or without: %s',
    (operator, by) => {
      for (const token of [tokenOf(by), withCertificates(tokenOf(by), certificatesOf(by))])
        expect(confirmedTimes([], [token], root)).toMatchObject([{ operator }])
    },
  )

  it('refuses a token with a certificate of another authority', () => {
    const foreign = certificatesOf(two)
    for (const certificates of [foreign, [...certificatesOf(one), ...foreign]])
      expect(() => confirmedTimes([], [withCertificates(tokenOf(one), certificates)], root)).toThrow(
        expect.objectContaining({ reason: 'timestamp-invalid' }),
      )
  })
})
