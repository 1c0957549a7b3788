import { isDigest } from '@sallyport/core'
import { isTag, parseReference } from '@sallyport/oci'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MonitorError } from '../errors.ts'
import type { Delivery, ReadDelivery } from '../ports/event-format.ts'
import { deliveryOf, receivedAt, sign, signed, unsigned } from './read-delivery.fixture.ts'
import { type EntryParts, goodParts, type SourceSample, sourceSamples } from './source-samples.fixture.ts'
import { createReceiver } from './http/create-receiver.ts'
import type { RegistryEvent } from '../event/registry-event.ts'

const casesOf = (samples: readonly SourceSample[]) => samples.map((sample) => [sample.name, sample] as const)
const refusal = (code: string, status: number) => ({ name: 'MonitorError', code, status })

/** Deliveries of one format, good and bad ones. */
function open({ create, entry, wrap }: SourceSample) {
  const format = create(signed)
  const good = entry(goodParts)
  const bodyOf = (...entries: readonly object[]) => (wrap ? wrap(entries) : entries[0])
  const read = (delivery: Delivery) => format.read(delivery, { receivedAt })
  const readParts = (parts: Partial<EntryParts>) =>
    read(deliveryOf(bodyOf(entry({ ...goodParts, ...parts }))))
  return { format, good, bodyOf, read, readParts }
}

describe.each(casesOf(sourceSamples))('a delivery of %s', (name, sample) => {
  const { create, entry, wrap, tells } = sample
  const { format, good, bodyOf, read, readParts } = open(sample)
  const signedBytes = (body: Uint8Array, headers: object = {}): Delivery => ({
    body,
    headers: { 'content-type': 'application/json', 'x-signature': sign(body), ...headers },
    path: '/hook',
  })

  it('is read when it is signed', async () => {
    const { events, refused } = await read(deliveryOf(bodyOf(good)))
    expect(refused).toEqual([])
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({
      source: name,
      ...(tells.time ? { time: goodParts.time } : { time: receivedAt.toISOString() }),
      ...(tells.digest ? { digest: goodParts.digest } : {}),
    })
  })

  it.each<[string, () => Delivery, object]>([
    [
      'another signature',
      () => deliveryOf(bodyOf(good), { 'x-signature': '0'.repeat(64) }),
      refusal('DELIVERY_REFUSED', 401),
    ],
    [
      'a signature of another length',
      () => deliveryOf(bodyOf(good), { 'x-signature': '0' }),
      refusal('DELIVERY_REFUSED', 401),
    ],
    [
      'no signature',
      () => ({ ...deliveryOf(bodyOf(good)), headers: { 'content-type': 'application/json' } }),
      refusal('DELIVERY_REFUSED', 401),
    ],
    [
      'the signature of another body',
      () => deliveryOf(bodyOf(good), { 'x-signature': sign('{}') }),
      refusal('DELIVERY_REFUSED', 401),
    ],
    ['what is no JSON', () => signedBytes(Buffer.from('{"a":')), refusal('DELIVERY_INVALID', 400)],
    [
      'what is no UTF-8',
      () => signedBytes(Buffer.from([0x22, 0xff, 0x22])),
      refusal('DELIVERY_INVALID', 400),
    ],
    ['nothing', () => signedBytes(Buffer.alloc(0)), refusal('DELIVERY_INVALID', 400)],
    [
      'depth',
      () => signedBytes(Buffer.from('['.repeat(100_000) + ']'.repeat(100_000))),
      refusal('DELIVERY_INVALID', 400),
    ],
    ['a number alone', () => signedBytes(Buffer.from('7')), {}],
    [
      'another content type',
      () => deliveryOf(bodyOf(good), { 'content-type': 'text/plain' }),
      refusal('DELIVERY_INVALID', 415),
    ],
    [
      'no content type',
      () => deliveryOf(bodyOf(good), { 'content-type': '' }),
      refusal('DELIVERY_INVALID', 415),
    ],
    [
      'another charset',
      () => deliveryOf(bodyOf(good), { 'content-type': 'application/json; charset=utf-16' }),
      refusal('DELIVERY_INVALID', 415),
    ],
    [
      'a compressed body',
      () => deliveryOf(bodyOf(good), { 'content-encoding': 'gzip' }),
      refusal('DELIVERY_INVALID', 415),
    ],
  ])('is refused with %s', async (_, make, expected) => {
    const result = await read(make()).catch((error: unknown) => error)
    if (result instanceof Error) expect(result).toMatchObject(expected)
    // One thing that is no list: an entry that can't be read.
    else expect(result).toMatchObject({ events: [], refused: [{ position: 0 }] })
  })

  const badParts: [string, Partial<EntryParts>][] = [
    ['a repository that is none', { repository: 'Prod/../../etc' }],
    ['a repository that hides something', { repository: 'prod/app\u001b[2J' }],
    ['a repository with a tag in it', { repository: 'prod/app:2' }],
    ['an endless repository', { repository: `prod/${'a'.repeat(100_000)}` }],
    ['a digest that is none', { digest: 'sha256:1234' }],
    ['a digest that hides something', { digest: `sha256:${'1'.repeat(63)}\u0000` }],
    ['a digest in capitals', { digest: `sha256:${'A'.repeat(64)}` }],
    ['a tag that is none', { tag: '-1.0' }],
    ['a tag that hides something', { tag: '1.0\u202e' }],
  ]
  it.each(badParts)('counts the good entries beside one with %s', async (_, parts) => {
    const isTold =
      (parts.digest === undefined || tells.digest) && (parts.tag === undefined || name !== 'gar-audit')
    const bad = entry({ ...goodParts, ...parts })
    const delivery = deliveryOf(bodyOf(...(wrap ? [good, bad, good] : [bad])))
    const { events, refused } = await read(delivery)
    const shown = JSON.stringify([events, refused])
    expect(shown).not.toMatch(/\\u001b|\u202e|\\u0000/)
    expect(shown.length).toBeLessThan(10_000)
    if (name === 'harbor-audit' && parts.repository === 'prod/app:2') return
    expect(refused.map(({ position }) => position)).toEqual(isTold ? [wrap ? 1 : 0] : [])
    expect(events).toHaveLength((wrap ? 2 : 0) + (isTold ? 0 : 1))
  })

  it('does not mind fields that it does not know', async () => {
    const more = { ...good, surplus: { deep: [1, 2, 3] }, ['__proto__x']: 1 }
    const [plain, extended] = await Promise.all([
      read(deliveryOf(bodyOf(good))),
      read(deliveryOf(bodyOf(more))),
    ])
    expect(extended).toEqual(plain)
  })

  it.each([
    ['no time', undefined],
    ['a time that is none', 'yesterday'],
    ['an endless time', '2'.repeat(100_000)],
    ['a day that does not exist', '2026-02-31T00:00:00Z'],
    ['the far future', '9998-01-01T00:00:00Z'],
    ['an hour from now', '2026-11-25T23:00:00Z'],
    ['the far past', '1970-01-01T00:00:00Z'],
  ])('tells when it came in instead of %s', async (_, time) => {
    const { events } = await readParts({ time })
    expect(events.map((event) => event.time)).toEqual([receivedAt.toISOString()])
  })

  it('is handed on once when it is replayed', async () => {
    const taken: RegistryEvent[] = []
    const receiver = createReceiver({
      formats: { '/hook': format },
      clock: { now: () => receivedAt },
      onEvents: async (events) => void taken.push(...events),
    })
    const { body, headers } = deliveryOf(bodyOf(good))
    const send = () => receiver.fetch(new Request('http://localhost/hook', { method: 'POST', body, headers }))
    expect([(await send()).status, (await send()).status]).toEqual([202, 202])
    expect(taken).toHaveLength(1)
  })

  it('gives a typed error or a result for any bytes, and never an event of a place that can’t be', async () => {
    const unchecked = create(unsigned)
    const value = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<unknown>
    const mutated = fc
      .tuple(fc.nat(40), fc.oneof(value, fc.string({ unit: 'binary' })))
      .map(([at, other]) => {
        return Buffer.from(JSON.stringify(replaceAt(bodyOf(good), at, other)))
      })
    const bytes = fc.oneof(
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
      { weight: 2, arbitrary: value.map((json) => Buffer.from(JSON.stringify(json))) },
      { weight: 6, arbitrary: mutated },
    )
    await fc.assert(
      fc.asyncProperty(bytes, async (body) => {
        const headers = { 'content-type': 'application/json' }
        const result: unknown = await unchecked
          .read({ body, headers, path: '/' }, { receivedAt })
          .catch((error: unknown) => error)
        if (result instanceof Error) expect(result).toBeInstanceOf(MonitorError)
        else expectSound(result as ReadDelivery)
      }),
      { numRuns: 150 },
    )
  })
})

describe.each(casesOf(sourceSamples.filter(({ wrap }) => wrap)))(
  'a list of entries of %s',
  (_name, sample) => {
    const { format, good, bodyOf, read } = open(sample)

    it('is refused with too many entries', async () => {
      const delivery = deliveryOf(bodyOf(...Array.from({ length: 4 }, () => good)))
      await expect(format.read(delivery, { receivedAt, maxEntries: 3 })).rejects.toMatchObject(
        refusal('DELIVERY_TOO_LARGE', 413),
      )
    })

    it('counts the good entries beside ones of another shape', async () => {
      const odd = [null, 7, 'text', [], {}] as unknown as object[]
      const { events, refused, ignored } = await read(deliveryOf(bodyOf(good, ...odd, good)))
      expect(events).toHaveLength(2)
      expect(refused.length + ignored).toBe(odd.length)
    })
  },
)

describe.each(casesOf(sourceSamples.filter(({ tells }) => tells.actor)))(
  'an actor of %s',
  (_name, sample) => {
    const { readParts } = open(sample)

    it('lets no name hide in another', async () => {
      const { events } = await readParts({ actor: 'ga\u0000te\u200b\u202e' })
      expect(events[0]?.actor.name).toBe('ga\uFFFDte\uFFFD\uFFFD')
      const long = await readParts({ actor: 'a'.repeat(100_000) })
      expect(long.events[0]?.actor.name).toBe(`${'a'.repeat(256)}…`)
    })
  },
)

function expectSound({ events, refused }: ReadDelivery): void {
  // A stumble of ours would hide behind these words.
  expect(refused.map(({ message }) => message)).not.toContain('not readable')
  for (const { registry, repository, tag, digest, previousDigest, subject, time, actor } of events) {
    expect(parseReference(`${registry}/${repository}`)).toEqual({ registry, repository })
    expect(tag === undefined || isTag(tag)).toBe(true)
    for (const one of [digest, previousDigest, subject]) expect(one === undefined || isDigest(one)).toBe(true)
    expect(new Date(time).toISOString()).toBe(time)
    expect(actor.name ?? '').not.toMatch(/[\p{Cc}\p{Cf}]/u)
  }
}

/** Puts another value in the place of the `at`th one, counted in the order in which they are written. */
function replaceAt(value: unknown, at: number, other: unknown): unknown {
  let left = at
  const walk = (inner: unknown): unknown => {
    if (left-- === 0) return other
    if (Array.isArray(inner)) return inner.map(walk)
    if (typeof inner !== 'object' || inner === null) return inner
    return Object.fromEntries(Object.entries(inner).map(([name, item]) => [name, walk(item)]))
  }
  return walk(value)
}
