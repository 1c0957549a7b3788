import { describe, expect, it } from 'vitest'
import { hostileAlert, sampleAlert } from '../testing/sample-alert.ts'
import { toPagerDutyEvent } from './to-pagerduty-event.ts'

describe('toPagerDutyEvent', () => {
  it.each([
    ['critical', 'critical'],
    ['high', 'error'],
    ['medium', 'warning'],
    ['low', 'info'],
  ] as const)('makes an alert that is %s an incident that is %s', (severity, expected) => {
    expect(toPagerDutyEvent(sampleAlert({ severity }))).toMatchObject({
      event_action: 'trigger',
      dedup_key: 'alert-1',
      payload: {
        summary: sampleAlert().title,
        source: expect.stringMatching(/^prod\.example\/team\/app:1\.4@sha256:/) as string,
        severity: expected,
        timestamp: '2026-11-26T12:00:00.000Z',
        component: 'team/app',
        group: 'prod.example',
        class: 'unauthorised-push',
        custom_details: { id: 'alert-1', action: sampleAlert().action },
      },
    })
  })

  it('resolves the incident of the alert that is taken back, and no other one of its group', () => {
    const event = toPagerDutyEvent(sampleAlert({ id: 'alert-0-over', resolves: 'alert-0' }))
    expect(event).toMatchObject({ event_action: 'resolve', dedup_key: 'alert-0' })
  })

  it('keeps to the limits, and different alerts apart', () => {
    const event = toPagerDutyEvent(hostileAlert('\u0001é'.repeat(100_000)))
    expect(event.dedup_key.length).toBeLessThanOrEqual(255)
    expect(event.payload.summary.length).toBeLessThanOrEqual(1024)
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(512 * 1024)
    const keyOf = (id: string): string => toPagerDutyEvent(sampleAlert({ id })).dedup_key
    expect(keyOf(`${'x'.repeat(300)}1`)).not.toBe(keyOf(`${'x'.repeat(300)}2`))
  })
})
