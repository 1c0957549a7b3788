import type { Weakness } from '@sallyport/scan'
import { describe, expect, it } from 'vitest'
import { aContext, facts } from '../rules/rule-context.fixture.ts'
import { judge } from './judge-requirement.fixture.ts'
import { misconfigurationsKind } from './misconfigurations.ts'
import { secretsKind } from './secrets.ts'

const weakness = (rest: Partial<Weakness> = {}): Weakness => ({
  kind: 'secret',
  id: 'aws-access-key',
  severity: 'critical',
  title: 'AWS key',
  path: '/app/.env',
  scanner: 'trivy',
  ...rest,
})
const weak = (...weaknesses: Weakness[]) => aContext({ scan: { ...facts.scan, weaknesses } })
const nobodyLooked = aContext({ scan: { ...facts.scan, weaknesses: undefined } })
/** What a scanner that looked for these alone found. */
const lookedFor = (weaknessKinds: readonly Weakness['kind'][] | undefined, ...weaknesses: Weakness[]) =>
  aContext({
    scan: { ...facts.scan, weaknesses, reports: [{ ...facts.scan.reports[0]!, weaknesses, weaknessKinds }] },
  })

describe('secretsKind', () => {
  const test = { except: [{ path: '/app/test/*', reason: 'made up' }] }
  const byRule = { except: [{ path: '*', rule: 'jwt', reason: 'a format, no secret' }] }
  const set = (kind: 'vex' | 'waiver' | 'scanner') =>
    ({ suppressed: { kind, status: 'ignored', source: 'x' } }) as const

  it.each([
    ['none', {}, [], 'holds'],
    ['one', {}, [weakness()], 'broken'],
    ['another weakness', {}, [weakness({ kind: 'misconfiguration' })], 'holds'],
    ['excepted by path', test, [weakness({ path: '/app/test/key' })], 'holds'],
    ['beside what is excepted', test, [weakness({ path: '/app/testing' })], 'broken'],
    ['without a path', test, [weakness({ path: undefined })], 'broken'],
    ['excepted by rule', byRule, [weakness({ id: 'jwt' })], 'holds'],
    ['of another rule', byRule, [weakness()], 'broken'],
    ['set aside by a scanner', {}, [weakness(set('scanner'))], 'broken'],
    ['set aside by a rule that somebody imported', {}, [weakness(set('waiver'))], 'holds'],
  ] as const)('%s', (_, rule, weaknesses, outcome) => {
    expect(judge(secretsKind, rule, weak(...weaknesses))).toMatchObject({ outcome })
  })

  it('pitfall 4: is an error when nobody looked', () => {
    expect(judge(secretsKind, {}, nobodyLooked)).toMatchObject({ outcome: 'error' })
  })

  it.each([
    ['only for misconfigurations', ['misconfiguration'], [], 'error'],
    ['for nobody tells what', undefined, [], 'error'],
    ['for nobody tells what, and found one', undefined, [weakness()], 'broken'],
  ] as const)('pitfall 4: a scanner looked %s', (_, kinds, found, outcome) => {
    expect(judge(secretsKind, {}, lookedFor(kinds, ...found))).toMatchObject({ outcome })
  })
})

describe('misconfigurationsKind', () => {
  const wrong = (severity: Weakness['severity']) => weakness({ kind: 'misconfiguration', severity })

  it.each([
    ['none', { high: 0 }, [], 'holds'],
    ['as many as may be', { high: 1 }, [wrong('high')], 'holds'],
    ['one too many', { high: 1 }, [wrong('high'), wrong('high')], 'broken'],
    ['one that has no limit', { high: 0 }, [wrong('low')], 'holds'],
    ['pitfall 7: one without severity', { high: 0 }, [wrong('unknown')], 'broken'],
    ['pitfall 7: one without severity that may be', { unknown: 1 }, [wrong('unknown')], 'holds'],
    ['a secret', { high: 0 }, [weakness({ severity: 'high' })], 'holds'],
  ] as const)('%s', (_, max, weaknesses, outcome) => {
    expect(judge(misconfigurationsKind, { max }, weak(...weaknesses))).toMatchObject({ outcome })
  })

  it('pitfall 4: is an error when nobody looked', () => {
    expect(judge(misconfigurationsKind, { max: { high: 9 } }, nobodyLooked)).toMatchObject({
      outcome: 'error',
    })
  })

  it('pitfall 4: is an error when scanners looked for secrets only', () => {
    const rule = { max: { high: 0 } }
    expect(judge(misconfigurationsKind, rule, lookedFor(['secret']))).toMatchObject({ outcome: 'error' })
    expect(judge(misconfigurationsKind, rule, lookedFor(['secret'], wrong('high')))).toMatchObject({
      outcome: 'broken',
    })
  })
})
