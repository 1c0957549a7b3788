import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { packageVersion } from '../package-version.ts'
import { hostileAlert, sampleAlert, sampleEvent } from '../testing/sample-alert.ts'
import { toOcsf } from './to-ocsf.ts'

/** What OCSF 1.3 requires of a Detection Finding and of the objects in it. */
const finding = z
  .strictObject({
    activity_id: z.union([z.literal(1), z.literal(3)]),
    activity_name: z.string(),
    category_uid: z.literal(2),
    category_name: z.literal('Findings'),
    class_uid: z.literal(2004),
    class_name: z.literal('Detection Finding'),
    type_uid: z.int(),
    type_name: z.string(),
    severity_id: z.int().min(0).max(6),
    severity: z.string(),
    status_id: z.int().min(1).max(4),
    status: z.string(),
    time: z.int().positive(),
    message: z.string(),
    count: z.int(),
    metadata: z.strictObject({
      version: z.string().regex(/^\d+\.\d+\.\d+$/),
      uid: z.string(),
      correlation_uid: z.string(),
      product: z.strictObject({ name: z.string(), vendor_name: z.string(), version: z.string() }),
    }),
    finding_info: z.strictObject({
      uid: z.string().min(1),
      title: z.string(),
      desc: z.string(),
      types: z.array(z.string()),
      created_time: z.int(),
      first_seen_time: z.int().optional(),
      last_seen_time: z.int().optional(),
    }),
    resources: z.array(z.strictObject({ uid: z.string(), name: z.string(), type: z.string() })).min(1),
    evidences: z.array(
      z.strictObject({
        uid: z.string(),
        api: z.strictObject({
          operation: z.string(),
          service: z.strictObject({ name: z.string() }),
          request: z.strictObject({ uid: z.string() }).optional(),
        }),
        actor: z
          .strictObject({ user: z.strictObject({ name: z.string(), type_id: z.int(), type: z.string() }) })
          .optional(),
        src_endpoint: z.strictObject({ ip: z.string().refine((ip) => isIP(ip) !== 0) }).optional(),
        data: z.looseObject({}),
      }),
    ),
    remediation: z.strictObject({ desc: z.string() }),
    unmapped: z.looseObject({}),
  })
  .refine(({ class_uid, activity_id, type_uid }) => type_uid === class_uid * 100 + activity_id)

describe('toOcsf', () => {
  it.each([
    ['an alert', sampleAlert()],
    ['one that takes another back', sampleAlert({ resolves: 'alert-0' })],
    ['one full of hostile text', hostileAlert()],
    ['one without events', sampleAlert({ events: [] })],
    [
      'one whose actor is not known',
      sampleAlert({
        events: [sampleEvent({ actor: { kind: 'unknown' }, requestId: undefined, time: 'never' })],
      }),
    ],
  ])('makes a valid finding of %s', (_, alert) => {
    expect(finding.safeParse(JSON.parse(JSON.stringify(toOcsf(alert)))).error).toBeUndefined()
  })

  it('has who did what from where as evidence', () => {
    expect(toOcsf(sampleAlert())).toMatchObject({
      severity_id: 5,
      status_id: 1,
      finding_info: { uid: 'alert-1', first_seen_time: Date.parse('2026-11-26T11:59:58Z') },
      evidences: [
        {
          api: { operation: 'push', service: { name: 'prod.example' }, request: { uid: 'request-1' } },
          actor: { user: { name: 'alice', type_id: 1 } },
          src_endpoint: { ip: '10.0.0.7' },
        },
      ],
    })
  })

  it('closes the finding that it takes back', () => {
    expect(toOcsf(sampleAlert({ resolves: 'alert-0' }))).toMatchObject({
      activity_id: 3,
      status_id: 4,
      metadata: { uid: 'alert-1' },
      finding_info: { uid: 'alert-0' },
    })
  })

  it('names the version of this package', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    expect(packageVersion).toBe(version)
  })
})

describe('an alert that has become worse', () => {
  it('is an update of the same finding, in another message', () => {
    expect(toOcsf(sampleAlert({ revision: 2 }))).toMatchObject({
      activity_id: 2,
      type_uid: 200402,
      status_id: 1,
      metadata: { uid: 'alert-1:2' },
      finding_info: { uid: 'alert-1' },
    })
  })
})
