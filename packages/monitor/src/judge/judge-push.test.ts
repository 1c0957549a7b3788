import { describe, expect, it } from 'vitest'
import { judgePush, type PushFacts } from './judge-push.ts'

const facts: PushFacts = {
  hand: 'gate',
  journal: { state: 'window' },
  evidence: { state: 'ok' },
  isDecisionFresh: false,
  isOvertaken: false,
  isSuperseded: false,
}
type Row = readonly [
  title: string,
  journal: PushFacts['journal']['state'],
  evidence: PushFacts['evidence']['state'],
  hand: PushFacts['hand'],
  expected: string,
  more?: Partial<PushFacts>,
]
const rows: readonly Row[] = [
  ['a promotion by the gate', 'window', 'ok', 'gate', 'promotion'],
  ['a promotion by somebody whom the source does not name', 'window', 'ok', 'unknown', 'promotion'],
  ['the right bytes by another hand', 'window', 'ok', 'other', 'wrong-hand'],
  ['a promotion whose evidence is missing', 'window', 'missing', 'gate', 'evidence-deleted'],
  ['a promotion whose evidence does not verify', 'window', 'invalid', 'gate', 'evidence-deleted'],
  ['the same by another hand', 'window', 'missing', 'other', 'evidence-deleted'],
  ['the same bytes again', 'latest', 'ok', 'gate', 'unchanged'],
  ['the same bytes again, by nobody known', 'latest', 'ok', 'unknown', 'unchanged'],
  ['the same bytes again, by another hand', 'latest', 'ok', 'other', 'wrong-hand'],
  ['a cache that refreshes itself', 'latest', 'ok', 'system', 'system', { cause: 'mirror' }],
  ['an older digest, by the gate', 'older', 'ok', 'gate', 'rollback'],
  ['an older digest, by nobody known', 'older', 'ok', 'unknown', 'rollback'],
  ['an older digest, by another hand', 'older', 'ok', 'other', 'rollback'],
  [
    'what the next promotion has taken away, and is there again',
    'window',
    'ok',
    'unknown',
    'rollback',
    { isOvertaken: true },
  ],
  ['the same by another hand', 'window', 'ok', 'other', 'rollback', { isOvertaken: true }],
  ['an older digest without evidence', 'older', 'missing', 'gate', 'evidence-deleted'],
  ['a valid decision without a promotion', 'none', 'ok', 'gate', 'unjournaled'],
  ['the same of nobody known', 'none', 'ok', 'unknown', 'unjournaled'],
  ['a valid decision pushed by another hand', 'none', 'ok', 'other', 'wrong-hand'],
  ['a fresh decision for this very tag', 'none', 'ok', 'gate', 'promotion', { isDecisionFresh: true }],
  ['a fresh decision by another hand', 'none', 'ok', 'other', 'wrong-hand', { isDecisionFresh: true }],
  ['what was promoted only afterwards', 'later', 'ok', 'gate', 'unjournaled'],
  ['a replica with a valid decision', 'none', 'ok', 'system', 'system', { cause: 'replication' }],
  ['a replica without one', 'none', 'missing', 'system', 'unauthorised-push', { cause: 'replication' }],
  ['a push that nothing explains, by the gate', 'none', 'missing', 'gate', 'unauthorised-push'],
  ['a push that nothing explains, by nobody known', 'none', 'missing', 'unknown', 'unauthorised-push'],
  ['a push that nothing explains', 'none', 'invalid', 'other', 'unauthorised-push'],
  ['what was there before the monitor', 'none', 'missing', 'unknown', 'unchanged', { known: 'noted' }],
  ['the same by another hand', 'none', 'missing', 'other', 'unauthorised-push', { known: 'noted' }],
  [
    'what was explained once and has lost its evidence',
    'none',
    'missing',
    'gate',
    'evidence-deleted',
    { known: 'explained' },
  ],
  ['what is not there any more', 'window', 'ok', 'gate', 'superseded', { isSuperseded: true }],
  [
    'what is deleted by now, and was promoted',
    'window',
    'gone',
    'gate',
    'superseded',
    { isSuperseded: true },
  ],
  [
    'what is deleted by now, and was not',
    'none',
    'gone',
    'gate',
    'unauthorised-push',
    { isSuperseded: true },
  ],
]

describe('judgePush', () => {
  it.each(rows.map((row) => [row[0], row] as const))(
    'judges %s',
    (_title, [, state, evidence, hand, expected, more]) => {
      const verdict = judgePush({
        ...facts,
        journal: { state },
        evidence: { state: evidence },
        hand,
        ...more,
      })
      expect('kind' in verdict ? verdict.kind : verdict.explained).toBe(expected)
    },
  )
})
