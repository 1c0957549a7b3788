import { describe, expect, it } from 'vitest'
import { frozen } from '../promote/gate-test.fixture.ts'
import { findFreeze } from './find-freeze.ts'

const window = {
  name: 'w',
  from: '2026-12-24T00:00:00.000Z',
  until: '2026-12-27T00:00:00.000Z',
  reason: 'holidays',
}
const destination = 'prod.example/team/app:1'

describe('findFreeze', () => {
  it.each<[string, string, object, boolean]>([
    ['before it', '2026-12-23T23:59:59.999Z', {}, false],
    ['at its beginning', window.from, {}, true],
    ['just before its end', '2026-12-26T23:59:59.999Z', {}, true],
    ['at its end', window.until, {}, false],
    ['with the destination excepted', window.from, { except: ['prod.example/team/*'] }, false],
    ['with another destination excepted', window.from, { except: ['prod.example/other/*'] }, true],
    ['with an end that can not be read', '2027-06-01T00:00:00.000Z', { until: 'soon' }, true],
    ['with a beginning that can not be read', '2026-01-01T00:00:00.000Z', { from: 'soon' }, true],
  ])('%s', (_title, now, change, expected) => {
    const policy = frozen({ ...window, ...change })
    expect(findFreeze(policy, 'prod', destination, new Date(now)) !== undefined).toBe(expected)
  })
})
