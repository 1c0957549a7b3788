import { createSigstore } from '@sallyport/testkit/sigstore'
import { describe, expect, it } from 'vitest'
import { parseTimestamp } from './timestamp-token.ts'

const time = new Date('2026-03-03T04:05:06Z')
const good = createSigstore({ clock: () => time.getTime() }).timestamp(Buffer.from('signature'))
const generalized = Buffer.from('20260303040506Z').toString('hex')
const [sha256, sha384] = ['0609608648016503040201', '0609608648016503040202']
const [ecdsaSha256, ecdsaSha384] = ['06082a8648ce3d040302', '06082a8648ce3d040303']
const timestampInfo = '060b2a864886f70d0109100104'

/** The response with bytes (hex) replaced, where they stand first, last or everywhere. */
function changed(from: string, to: string, where: 'first' | 'last' | 'all'): Buffer {
  const hex = good.toString('hex')
  const at = where === 'last' ? hex.lastIndexOf(from) : hex.indexOf(from)
  expect(at).toBeGreaterThan(0)
  return Buffer.from(
    where === 'all' ? hex.replaceAll(from, to) : hex.slice(0, at) + to + hex.slice(at + from.length),
    'hex',
  )
}

const timeAs = (text: string): Buffer => changed(generalized, Buffer.from(text).toString('hex'), 'all')

describe('parseTimestamp', () => {
  it('reads the time of a granted response', () => {
    expect(parseTimestamp(good).signingTime).toEqual(time)
    expect(parseTimestamp(changed('3003020100', '3003020101', 'first')).signingTime).toEqual(time)
  })

  it.each<[string, () => Buffer]>([
    ['that was rejected', () => changed('3003020100', '3003020102', 'first')],
    ['of a status that nobody knows', () => changed('3003020100', '30030201ff', 'first')],
    [
      'with something else than a time in it',
      () => changed(timestampInfo, '060b2a864886f70d0109100105', 'first'),
    ],
    ['whose signature is over another hash than it says', () => changed(ecdsaSha256, ecdsaSha384, 'last')],
    ['whose signer names another hash', () => changed(sha256, sha384, 'last')],
    ['of a day that does not exist', () => timeAs('20260230040506Z')],
    ['of an hour that does not exist', () => timeAs('20260303250506Z')],
    ['of a time without its zone', () => timeAs('202603030405060')],
    ['with bytes behind it', () => Buffer.concat([good, Buffer.from([0])])],
    ['that ends early', () => good.subarray(0, -1)],
  ])('refuses one %s', (_, make) => {
    expect(() => parseTimestamp(make())).toThrow(expect.objectContaining({ reason: 'timestamp-invalid' }))
  })
})
