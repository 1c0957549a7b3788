import { expect, it } from 'vitest'
import * as z from 'zod'
import { hostileAlert, sampleAlert } from '../testing/sample-alert.ts'
import { toCloudEvent } from './to-cloud-event.ts'

/** What CloudEvents 1.0 requires, and how attributes may be named. */
const cloudEvent = z
  .looseObject({
    specversion: z.literal('1.0'),
    id: z.string().min(1),
    source: z.string().regex(/^[\w:/.-]+$/),
    type: z.string().startsWith('dev.sallyport.'),
    subject: z.string().min(1),
    time: z.iso.datetime(),
    datacontenttype: z.literal('application/json'),
    data: z.looseObject({}),
  })
  .refine((event) => Object.keys(event).every((name) => /^[a-z0-9]+$/.test(name)))

it.each([
  ['an alert', sampleAlert()],
  ['an alert full of hostile text', hostileAlert()],
  ['an alert of far too much text', hostileAlert('é'.repeat(50_000))],
])('%s becomes a valid event of at most 64 KiB of data', (_, alert) => {
  const event = toCloudEvent(alert)
  cloudEvent.parse(JSON.parse(JSON.stringify(event)))
  expect(Buffer.byteLength(JSON.stringify(event.data))).toBeLessThanOrEqual(65_536)
})

it('an event says what it is about, and whether it is over', () => {
  const alert = sampleAlert()
  expect(toCloudEvent(alert, 'urn:example')).toEqual({
    specversion: '1.0',
    id: 'alert-1',
    source: 'urn:example',
    type: 'dev.sallyport.monitor.alert.raised',
    subject: `prod.example/team/app:1.4@${alert.digest}`,
    time: '2026-11-26T12:00:00.000Z',
    datacontenttype: 'application/json',
    partitionkey: alert.group,
    alertkind: 'unauthorised-push',
    alertseverity: 'critical',
    data: alert,
  })
  expect(toCloudEvent(sampleAlert({ resolves: 'alert-0' })).type).toBe('dev.sallyport.monitor.alert.resolved')
})
