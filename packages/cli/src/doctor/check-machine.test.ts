import { describe, expect, it } from 'vitest'
import { checkClock, checkNode } from './check-machine.ts'

describe('checkNode', () => {
  it.each([
    ['22.22.1', 'fail'],
    ['22.22.2', 'ok'],
    ['22.23.0', 'ok'],
    ['23.11.0', 'fail'],
    ['24.14.9', 'fail'],
    ['24.15.0', 'ok'],
    ['25.1.0', 'fail'],
    ['26.0.0', 'ok'],
    ['27.1.0', 'ok'],
  ])('%s: %s', (version, state) => {
    expect(checkNode(version)).toMatchObject({ what: 'node', state })
  })
})

describe('checkClock', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 'fail'],
    ['2026-12-01T00:00:00Z', 'ok'],
  ])('%s: %s', (now, state) => {
    expect(checkClock(new Date(now)).state).toBe(state)
  })
})
