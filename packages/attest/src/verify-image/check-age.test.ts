import { describe, expect, it } from 'vitest'
import { predicateTypes, type Statement } from '../statement/statement.ts'
import type { EvidenceSigner, VerifiedTime } from '../verify/evidence-signer.ts'
import { checkAge } from './check-age.ts'

const now = new Date('2026-01-02T12:00:00Z')
const at = (clock: string): VerifiedTime => ({ source: 'log', time: new Date(`2026-01-02T${clock}Z`) })
const statement = (predicateType: string, predicate: unknown): Statement => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [],
  predicateType,
  predicate,
})
const vsa = (timeVerified?: unknown) => statement(predicateTypes.vsa, { timeVerified })
const bom = (timestamp: string) => statement(predicateTypes.cyclonedx, { metadata: { timestamp } })
const signature = statement(predicateTypes.cosignSign, {})
const key: EvidenceSigner = { kind: 'key', keyId: 'key' }
const certificate = (validFrom = '11:00:00'): EvidenceSigner => ({
  kind: 'certificate',
  issuer: 'https://issuer.example',
  subject: 'somebody',
  claims: {},
  validFrom: at(validFrom).time,
})

describe('checkAge', () => {
  it.each<[string, EvidenceSigner, VerifiedTime[], Statement, string | undefined]>([
    ['a signature of a verified time', certificate(), [at('11:30:00')], signature, undefined],
    ['a signature exactly as old as allowed', certificate(), [at('11:00:00')], signature, undefined],
    ['an older one', certificate('10:59:00'), [at('10:59:59')], signature, 'too-old'],
    [
      'a signature that one of two times shows to be older',
      certificate('10:00:00'),
      [at('11:30:00'), at('10:00:00')],
      signature,
      'too-old',
    ],
    [
      'a young time of a certificate under which it may have been signed long before',
      certificate('10:00:00'),
      [at('11:59:00')],
      signature,
      'too-old',
    ],
    [
      'an old judgement that was signed again',
      certificate(),
      [at('11:59:00')],
      vsa('2026-01-01T11:30:00Z'),
      'too-old',
    ],
    [
      'a description with a fixed time of its own and a verified one',
      certificate(),
      [at('11:30:00')],
      bom('1970-01-01T00:00:00Z'),
      undefined,
    ],
    ['a signature by a key without a time', key, [], signature, 'age-unknown'],
    ['a signature by a key that was timestamped lately', key, [at('11:59:00')], signature, 'age-unknown'],
    [
      'an old description by a key that was timestamped lately',
      key,
      [at('11:59:00')],
      bom('2026-01-01T11:30:00Z'),
      'too-old',
    ],
    [
      'a description by a key that was timestamped long ago',
      key,
      [at('10:00:00')],
      bom('2026-01-02T11:30:00Z'),
      'too-old',
    ],
    ['a description by a key', key, [at('11:40:00')], bom('2026-01-02T11:30:00Z'), undefined],
    ['a judgement by its own time', key, [], vsa('2026-01-02T11:30:00Z'), undefined],
    ['a judgement with its time in another zone', key, [], vsa('2026-01-02T13:30:00.5+02:00'), undefined],
    ['a judgement whose time is no time', key, [], vsa('yesterday'), 'age-unknown'],
    ['a judgement whose time has no zone', key, [], vsa('2026-01-02T11:30:00'), 'age-unknown'],
    ['a judgement whose time is no text', key, [], vsa(1), 'age-unknown'],
    ['a description with its own time alone', key, [], bom('1970-01-01T00:00:00Z'), 'too-old'],
    ['a judgement a little ahead', key, [], vsa('2026-01-02T12:04:00Z'), undefined],
    ['a judgement of the future', key, [], vsa('2026-01-02T12:06:00Z'), 'from-the-future'],
  ])('judges %s', (_, signer, times, about, expected) => {
    expect(checkAge({ signer, times, statement: about }, { maxAgeMs: 3_600_000, now })?.code).toBe(expected)
  })

  it('asks for no time when there is no limit', () => {
    expect(
      checkAge({ signer: key, times: [], statement: signature }, { maxAgeMs: undefined, now }),
    ).toBeUndefined()
  })
})
