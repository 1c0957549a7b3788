import { describe, expect, it } from 'vitest'
import { wireFormat } from '../storage/wire-format.ts'
import { queueClass, rankOf } from './queue-class.ts'

const { bundlePredicateType, predicateType } = wireFormat.annotations
const predicateTypes = ['https://example.com/wanted']

describe('queueClass', () => {
  it.each([
    ['wanted', { [bundlePredicateType]: 'https://example.com/wanted' }],
    ['wanted', { [predicateType]: 'https://example.com/wanted' }],
    ['other', { [bundlePredicateType]: 'https://example.com/wanted/' }],
    ['unclear', {}],
    ['unclear', undefined],
  ])('says %s of %j', (expected, annotations) => {
    expect(queueClass(annotations, { predicateTypes }, 'unclear')).toBe(expected)
  })

  it('leaves out what is of another type only when told to', () => {
    const annotations = { [bundlePredicateType]: 'https://example.com/other' }
    expect(queueClass(annotations, { predicateTypes, skipOthers: true })).toBeUndefined()
    expect(queueClass({}, { predicateTypes, skipOthers: true })).toBe('likely')
    expect(queueClass(annotations, {})).toBe('likely')
  })
})

describe('rankOf', () => {
  it('puts all that is small before all that is large, and what is annotated otherwise last', () => {
    const [small, large] = [256 * 1024, 256 * 1024 + 1]
    const order = (['wanted', 'likely', 'unclear'] as const).flatMap((place) => [
      rankOf(place, small),
      rankOf(place, large),
    ])
    expect(order).toEqual([0, 3, 1, 4, 2, 5])
    expect(rankOf('other', 1)).toBeGreaterThan(5)
  })
})
