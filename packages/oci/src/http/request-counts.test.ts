import { describe, expect, it } from 'vitest'
import { createRequestCounts, requestsSince } from './request-counts.ts'

describe('createRequestCounts', () => {
  it('counts by host and method, in order', () => {
    const counts = createRequestCounts()
    for (const [host, method] of [
      ['b', 'PUT'],
      ['a', 'GET'],
      ['b', 'GET'],
      ['b', 'PUT'],
    ] as const) {
      counts.add(host, method)
    }
    expect(counts.list()).toEqual([
      { host: 'a', method: 'GET', count: 1 },
      { host: 'b', method: 'GET', count: 1 },
      { host: 'b', method: 'PUT', count: 2 },
    ])
  })

  it('does not grow with ever new hosts', () => {
    const counts = createRequestCounts()
    for (let at = 0; at < 3000; at++) counts.add(`${at}.example`, 'GET')
    expect(counts.list()).toHaveLength(1001)
    expect(counts.list().reduce((sum, { count }) => sum + count, 0)).toBe(3000)
  })
})

describe('requestsSince', () => {
  it('lists what was added', () => {
    const counts = createRequestCounts()
    counts.add('a', 'GET')
    counts.add('a', 'HEAD')
    const before = counts.list()
    counts.add('a', 'GET')
    counts.add('b', 'GET')
    expect(requestsSince(before, counts.list())).toEqual([
      { host: 'a', method: 'GET', count: 1 },
      { host: 'b', method: 'GET', count: 1 },
    ])
    expect(requestsSince(before, before)).toEqual([])
  })
})
