import { describe, expect, it } from 'vitest'
import { hostileAlert, sampleAlert } from '../testing/sample-alert.ts'
import { fitAlert, shortId } from './fit-alert.ts'

describe('fitAlert', () => {
  it('leaves an alert of usual size as it is', () => {
    expect(fitAlert(sampleAlert())).toEqual(sampleAlert())
  })

  it.each([480, 4096, 65_536])('keeps to %i bytes, or leaves out all events', (maxBytes) => {
    const fitted = fitAlert(hostileAlert('\u0000'.repeat(100_000)), maxBytes)
    const size = Buffer.byteLength(JSON.stringify(fitted))
    expect(size <= maxBytes || (fitted.events.length === 0 && fitted.odd.length === 1)).toBe(true)
    expect(size).toBeLessThan(65_536)
  })

  it('gives up events, then findings, and never who and where', () => {
    const alert = hostileAlert('x'.repeat(2000))
    const fitted = fitAlert(alert, 20_000)
    expect(fitted.events.length).toBeLessThan(alert.events.length)
    expect(fitted.odd.length).toBeGreaterThan(0)
    expect(fitted.repository).toHaveLength(1024)
    expect(fitted.actor.name).toHaveLength(1024)
  })
})

describe('shortId', () => {
  it('keeps different ids different, however long', () => {
    const long = 'x'.repeat(300)
    expect(shortId('short')).toBe('short')
    expect(shortId(long)).toHaveLength(255)
    expect(shortId(`${long}a`)).not.toBe(shortId(`${long}b`))
    expect(shortId(long)).toBe(shortId(long))
  })
})
