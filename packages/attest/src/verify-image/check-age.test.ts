import { describe, expect, it } from 'vitest'
import { predicateTypes, type Statement } from '../statement/statement.ts'
import type { VerifiedTime } from '../verify/evidence-signer.ts'
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

describe('checkAge', () => {
  it.each<[string, VerifiedTime[], Statement, string | undefined]>([
    ['a signature of a verified time', [at('11:30:00')], signature, undefined],
    ['a signature exactly as old as allowed', [at('11:00:00')], signature, undefined],
    ['an older one', [at('10:59:59')], signature, 'too-old'],
    [
      'a signature that one of two times shows to be older',
      [at('11:30:00'), at('10:00:00')],
      signature,
      'too-old',
    ],
    ['a signature without a time', [], signature, 'age-unknown'],
    ['a judgement by its own time', [], vsa('2026-01-02T11:30:00Z'), undefined],
    ['an old judgement that was signed again', [at('11:59:00')], vsa('2026-01-01T11:30:00Z'), 'too-old'],
    ['a judgement with its time in another zone', [], vsa('2026-01-02T13:30:00.5+02:00'), undefined],
    ['a judgement whose time is no time', [], vsa('yesterday'), 'age-unknown'],
    ['a judgement whose time has no zone', [], vsa('2026-01-02T11:30:00'), 'age-unknown'],
    ['a judgement whose time is no text', [], vsa(1), 'age-unknown'],
    [
      'a description with a fixed time of its own and a verified one',
      [at('11:30:00')],
      bom('1970-01-01T00:00:00Z'),
      undefined,
    ],
    ['a description with its own time alone', [], bom('1970-01-01T00:00:00Z'), 'too-old'],
    ['a judgement a little ahead', [], vsa('2026-01-02T12:04:00Z'), undefined],
    ['a judgement of the future', [], vsa('2026-01-02T12:06:00Z'), 'from-the-future'],
  ])('judges %s', (_, times, about, expected) => {
    expect(checkAge({ times, statement: about }, { maxAgeMs: 3_600_000, now })?.code).toBe(expected)
  })

  it('asks for no time when there is no limit', () => {
    expect(checkAge({ times: [], statement: signature }, { maxAgeMs: undefined, now })).toBeUndefined()
  })
})
