import { describe, expect, it } from 'vitest'
import { sharedCases } from '../testing/shared-cases.ts'
import { parseChallenges } from './parse-challenges.ts'

interface Answer {
  readonly challenges?: unknown
}
interface Row {
  readonly name: string
  readonly input: readonly string[]
  readonly expect: Answer & { readonly anyOf?: readonly Answer[] }
}

const rows = sharedCases<Row>('www-authenticate')

describe.skipIf(rows.length === 0)('parseChallenges, shared table', () => {
  it.each(rows)('$name', ({ input, expect: expected }) => {
    const answers = (expected.anyOf ?? [expected]).filter((answer) => answer.challenges !== undefined)
    expect(answers.map((answer) => answer.challenges)).toContainEqual(parseChallenges(input))
  })
})

describe('parseChallenges', () => {
  it('reads a scheme that stands after quoted commas', () => {
    expect(
      parseChallenges(['Basic realm="a, b", Bearer realm="https://t.example/token",service="s"']),
    ).toEqual([
      { scheme: 'basic', params: { realm: 'a, b' } },
      { scheme: 'bearer', params: { realm: 'https://t.example/token', service: 's' } },
    ])
  })

  it('keeps the first of two realms', () => {
    expect(parseChallenges(['Bearer realm="https://a",realm="https://b"'])[0]?.params).toEqual({
      realm: 'https://a',
    })
  })

  it('does not take a parameter name for a prototype', () => {
    const [challenge] = parseChallenges(['Bearer __proto__="x",realm="r"'])
    expect(Object.getPrototypeOf(challenge?.params)).toBe(Object.prototype)
    expect(challenge?.params['realm']).toBe('r')
  })

  it('answers long hostile fields at once', () => {
    for (const field of [
      'a='.repeat(30_000),
      'Basic '.repeat(10_000),
      `Basic realm="${'\\'.repeat(60_000)}`,
    ]) {
      expect(Array.isArray(parseChallenges([field]))).toBe(true)
    }
  })
})
