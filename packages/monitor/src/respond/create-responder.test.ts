import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { startRegistry } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Alert } from '../alert/alert.ts'
import { resolveOptions } from '../run/monitor-context.ts'
import { digestOfImage, type MonitorTest, openMonitorTest } from '../run/monitor-test.fixture.ts'
import { sampleAlert } from '../testing/sample-alert.ts'
import { createResponder } from './create-responder.ts'
import type { ResponseNote, Responses } from './responses.ts'

let test: MonitorTest
const notes: ResponseNote[] = []
beforeEach(async () => {
  test = await openMonitorTest()
  notes.length = 0
})
afterEach(() => test[Symbol.asyncDispose]())

const open = (responses: Responses) =>
  createResponder(
    resolveOptions({
      watch: [{ ...test.terms, repositories: ['*/prod/*'] }],
      journal: test.journal,
      open: (registry, repository) => test.client.repository({ registry, repository }),
      gateActors: {},
      state: test.state,
      clock: { now: test.now },
      responses: { ...responses, onResponse: (note) => notes.push(note) },
    }),
    { longestCopyMs: 1 },
  )
let ids = 0
const patient = { timeout: 30_000, interval: 2 }
const alertAt = (digest: Digest, tag = '1', registry = test.registry.host): Alert =>
  sampleAlert({ id: `alert-${ids++}`, group: 'push', registry, repository: 'prod/app', tag, digest })

/** Notes how many write at the same time, and lets them go on one by one. */
function slow(repository: Repository) {
  const held: (() => void)[] = []
  let most = 0
  const watched = new Proxy(repository, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (name !== 'putManifest') return value.bind(target) as unknown
      return async (...all: unknown[]) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        held.push(resolve)
        most = Math.max(most, held.length)
        await promise
        held.splice(held.indexOf(resolve), 1)
        return (await Reflect.apply(value, target, all)) as unknown
      }
    },
  })
  return { repository: watched, held, most: () => most }
}

describe('responses to many alerts', () => {
  it('are made beside each other, and not all at once', async () => {
    const good = digestOfImage(await test.promote('good'))
    const bad = await test.push('bad')
    const tags = Array.from({ length: 9 }, (_, number) => `t${number}`)
    for (const tag of tags) {
      await test.note(good, tag)
      await test.repository.putManifest(bad.raw, { tag })
    }
    const { repository, held, most } = slow(test.repository)
    const responder = open({ moveTagBack: () => repository })
    const all = Promise.all(tags.map((tag) => responder.respond(alertAt(digestOfImage(bad), tag), undefined)))
    for (let left = tags.length; left > 0; left--) {
      await expect.poll(() => held.length, patient).toBe(Math.min(left, 4))
      held[0]!()
    }
    await all
    expect(most()).toBe(4)
    expect(notes.map(({ done }) => done)).toEqual(tags.map(() => true))
  })

  it('are made one after the other where they are about the same tag', async () => {
    await test.promote('good')
    const bad = await test.push('bad', '1')
    const { repository, held, most } = slow(test.repository)
    const responder = open({ moveTagBack: () => repository })
    const alerts = [1, 2, 3].map(() => alertAt(digestOfImage(bad)))
    const all = Promise.all(alerts.map((alert) => responder.respond(alert, undefined)))
    for (let left = alerts.length; left > 0; left--) {
      await expect.poll(() => held.length, patient).toBe(1)
      held[0]!()
      await expect.poll(() => notes.length, patient).toBe(alerts.length - left + 1)
    }
    await all
    expect(most()).toBe(1)
    expect(notes.map(({ alert }) => alert)).toEqual(alerts.map(({ id }) => id))
  })

  it('do not wait for another registry, nor for a copy that takes long', async () => {
    const other = await startRegistry()
    try {
      const good = digestOfImage(await test.promote('good'))
      const bad = await test.push('bad', '1')
      await test.note(good, '2')
      await test.repository.putManifest(bad.raw, { tag: '2' })
      const registryOf = (registry: string, repository: string) =>
        test.client.repository({ registry, repository })
      const { repository: hung, held } = slow(registryOf(other.host, 'quarantine/app'))
      const responder = open({ quarantine: () => hung, moveTagBack: () => test.repository })
      const digest = digestOfImage(bad)
      const all = Promise.all([
        responder.respond(alertAt(digest, '1'), undefined),
        responder.respond(alertAt(digest, '2'), undefined),
      ])
      await expect.poll(() => notes.length, patient).toBe(2)
      expect(notes.map(({ response, done }) => [response, done])).toEqual([
        ['move-tag-back', true],
        ['move-tag-back', true],
      ])
      const release = setInterval(() => held[0]?.(), 1)
      await all
      clearInterval(release)
      expect(notes.slice(2).map(({ response, done }) => [response, done])).toEqual([
        ['quarantine', true],
        ['quarantine', true],
      ])
    } finally {
      await other.close()
    }
  })
})
