import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RegistryEvent } from '../../event/registry-event.ts'
import type { RefusedEntry } from '../../ports/event-format.ts'
import { artifactoryAccessLog } from '../artifactory/artifactory-access-log.ts'
import { artifactoryRequestLog } from '../artifactory/artifactory-request-log.ts'
import { distributionAccessLog } from '../distribution/distribution-access-log.ts'
import { digestOfDigit, happenedAt, receivedAt, summarize } from '../read-delivery.fixture.ts'
import { toPushEvent } from '../to-push-event.ts'
import { zotAuditLog } from '../zot/zot-audit-log.ts'
import { parseLogLines } from './parse-log-lines.ts'

const registry = 'registry.example'
const one = digestOfDigit('1')
const format = distributionAccessLog({ registry })
const usual = { registry, repository: 'prod/app' }
const clock = { now: () => receivedAt }

async function parse(lines: string[], options: { maxLineLength?: number } = {}, of = format) {
  const refused: RefusedEntry[] = []
  let ignored = 0
  const seen = { onRefused: (one: RefusedEntry) => refused.push(one), onIgnored: () => (ignored += 1) }
  const events = await Array.fromAsync(parseLogLines(of, lines, { clock, ...seen, ...options }))
  return { events, refused, ignored }
}

const access = (method: string, target: string, status: number, user = '-') =>
  `10.0.0.7 - ${user} [25/Nov/2026:21:40:52 +0000] "${method} ${target} HTTP/1.1" ${status} 0 "" "docker/\\"27\\""`
const actor = { kind: 'unknown', address: '10.0.0.7', userAgent: 'docker/\\"27\\"' }
const manifests = '/v2/prod/app/manifests'
const app = (rest: object) =>
  JSON.stringify({
    level: 'info',
    msg: 'response completed',
    time: happenedAt,
    'http.request.id': 'request-1',
    'http.request.method': 'PUT',
    'http.request.uri': `${manifests}/1.0`,
    'http.request.remoteaddr': '10.0.0.7:1',
    'http.response.status': 201,
    ...rest,
  })

describe('distributionAccessLog', () => {
  it.each<[string, string, unknown]>([
    ['a push by tag', access('PUT', `${manifests}/1.0`, 201), [{ action: 'push', tag: '1.0', actor }]],
    ['a push by digest', access('PUT', `${manifests}/${one}`, 201), [{ action: 'push', digest: one, actor }]],
    [
      'a name',
      access('PUT', `${manifests}/1.0`, 201, 'ci'),
      [{ action: 'push', tag: '1.0', actor: { ...actor, name: 'ci', kind: 'user' } }],
    ],
    [
      'a deleted tag',
      access('DELETE', `${manifests}/1.0`, 202),
      [{ action: 'tag-deleted', tag: '1.0', actor }],
    ],
    [
      'a deleted manifest',
      access('DELETE', `${manifests}/${one}`, 202),
      [{ action: 'manifest-deleted', digest: one, actor }],
    ],
    [
      'a push that hides behind a query',
      access('PUT', `${manifests}/1.0?x=/manifests/y`, 201),
      [{ action: 'push', tag: '1.0', actor }],
    ],
    [
      'a push that hides behind escapes',
      access('PUT', '/v2/prod%2Fapp%2Fmanifests%2F1.0', 201),
      [{ action: 'push', tag: '1.0', actor }],
    ],
    [
      'a push that hides behind an origin',
      access('PUT', `http://x${manifests}/1.0`, 201),
      [{ action: 'push', tag: '1.0', actor }],
    ],
    [
      'the log in JSON',
      app({ 'auth.user.name': 'ci' }),
      [
        {
          action: 'push',
          tag: '1.0',
          requestId: 'request-1',
          actor: { name: 'ci', kind: 'user', address: '10.0.0.7:1' },
        },
      ],
    ],
    ['another line of the log as ignored', app({ msg: 'authorized request' }), 'ignored'],
    [
      'the log as text as ignored',
      'time="2026-11-25T21:40:52Z" level=info msg="response completed"',
      'ignored',
    ],
    ['what was refused as ignored', access('PUT', `${manifests}/1.0`, 401), 'ignored'],
    ['a pull as ignored', access('GET', `${manifests}/1.0`, 200), 'ignored'],
    ['a blob as ignored', access('PUT', '/v2/prod/app/blobs/uploads/1?digest=x', 201), 'ignored'],
    [
      'a repository that is none',
      access('PUT', '/v2/PROD/app/manifests/1', 201),
      'refused: not a repository: "registry.example" "PROD/app"',
    ],
    ['JSON that is cut off', app({}).slice(0, 50), 'refused: not JSON'],
    ['another line', 'panic: runtime error', 'refused: neither an access line in combined form nor JSON'],
  ])('reads %s', async (_, line, expected) => {
    const { events, refused, ignored } = await parse([line])
    const result = refused[0]
      ? `refused: ${refused[0].message}`
      : ignored > 0
        ? 'ignored'
        : summarize(events, usual)
    expect(result).toEqual(expected)
  })
})

describe('parseLogLines', () => {
  const push = access('PUT', `${manifests}/1.0`, 201)

  it('tells equal lines apart, and gives the same ids when they are read again', async () => {
    const ids = (events: readonly RegistryEvent[]) => events.map(({ id }) => id)
    const first = ids((await parse([push, '', push, push])).events)
    expect(new Set(first).size).toBe(3)
    expect(ids((await parse([push, push, push])).events)).toEqual(first)
  })

  it('refuses a line that is too long, by its number, and reads on', async () => {
    const { events, refused } = await parse([push, 'x'.repeat(2000), push], { maxLineLength: 1000 })
    expect(events).toHaveLength(2)
    expect(refused).toEqual([{ position: 1, message: 'a line of more than 1000 characters' }])
  })

  it('reads 100,000 lines without keeping them', async () => {
    let count = 0
    const lines = (function* () {
      for (let at = 0; at < 100_000; at++) yield access('PUT', `${manifests}/${at}`, 201)
    })()
    for await (const event of parseLogLines(format, lines, { clock }))
      count += event.tag === undefined ? 0 : 1
    expect(count).toBe(100_000)
  }, 60_000)

  it('ends with its signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(Array.fromAsync(parseLogLines(format, [push], { signal }))).rejects.toThrow('enough')
  })

  it.each([
    [format, push],
    [format, app({})],
    [
      zotAuditLog({ registry }),
      JSON.stringify({
        message: 'HTTP API Audit',
        subject: 'ci',
        action: 'PUT',
        object: `${manifests}/1`,
        status: 201,
        clientIP: '10.0.0.7',
        time: happenedAt,
      }),
    ],
    [
      artifactoryAccessLog({ registry }),
      `${happenedAt} [x] [ACCEPTED DEPLOY] k:a/1/manifest.json for client : ci / 10.0.0.7`,
    ],
    [
      artifactoryRequestLog({ registry }),
      `${happenedAt}|x|10.0.0.7|ci|PUT|/v2/k/a/manifests/1|201|1|1|1|docker`,
    ],
  ])('gives an event or a refusal for any line of %o', async (of, good) => {
    expect((await parse([good], {}, of)).events).toHaveLength(1)
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .tuple(fc.nat(good.length), fc.nat(20), fc.string({ unit: 'binary', maxLength: 8 }))
        .map(([at, length, text]) => good.slice(0, at) + text + good.slice(at + length)),
      // Another word, which leaves the form whole.
      fc
        .tuple(
          fc.constantFrom(...good.matchAll(/\w+/g)),
          fc.stringMatching(/^([a-z0-9]{1,8}|[A-Za-z0-9./:@%_ é-]{0,12})$/),
        )
        .map(([{ 0: word, index }, text]) => good.slice(0, index) + text + good.slice(index + word.length)),
    )
    let told = 0
    await fc.assert(
      fc.asyncProperty(line, async (text) => {
        const { events, refused } = await parse([text], {}, of)
        expect(refused.map(({ message }) => message)).not.toContain('not readable')
        for (const event of events) expect(event.repository).toMatch(/^[a-z0-9/._-]+$/)
        told += events.length
      }),
      { numRuns: 300 },
    )
    expect(told).toBeGreaterThan(10)
  })
})

describe('toPushEvent', () => {
  it('gives the gate what was pushed and where, if its digest is known', async () => {
    const { events } = await parse([
      access('PUT', `${manifests}/1.0`, 201),
      access('DELETE', `${manifests}/1.0`, 202),
    ])
    const [push, deletion] = events as [RegistryEvent, RegistryEvent]
    expect(toPushEvent(push)).toBeUndefined()
    expect(toPushEvent(push, one)).toEqual({
      ...usual,
      tag: '1.0',
      digest: one,
      time: happenedAt,
      source: 'distribution-log',
    })
    expect(toPushEvent({ ...push, digest: one })).toEqual(toPushEvent(push, one))
    expect(toPushEvent(deletion, one)).toBeUndefined()
  })
})
