import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promote, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { createRegistryClient } from '@sallyport/oci'
import { imageLayout } from '@sallyport/test-images'
import { startDockerRegistry, startOlareg } from '@sallyport/test-tools'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGate } from './gate.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-order-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe.each([
  ['olareg, which has the referrers API', startOlareg],
  ['docker-registry, which has none', startDockerRegistry],
])('the request log of %s', (title, start) => {
  it('shows blobs, manifests by digest, evidence, and the tag last', async () => {
    const folder = join(directory, title.slice(0, 6))
    const registry = await start({ directory: folder })
    await using client = createRegistryClient()
    await using journal = sqliteJournal(':memory:')
    const { directory: layout, tag } = await imageLayout('multi')
    const outcome = await promote({
      ...(await createGate(undefined, new Date().toISOString())),
      from: `oci:${layout}:${tag}`,
      to: `${registry.host}/prod/multi:1.0`,
      journal,
      quarantine: sqliteQuarantine(':memory:'),
      repository: (reference) => client.repository(reference),
      workDirectory: directory,
    })
    expect(outcome).toMatchObject({ verdict: 'pass' })
    if (outcome.verdict !== 'pass') return
    await registry.stop()

    const writes = (await registry.requests())
      .filter(({ method, status }) => method === 'PUT' && status < 300)
      .map(({ url }) => new URL(url, 'http://registry').pathname)
    const positions = (matches: (path: string) => boolean) =>
      writes.flatMap((path, position) => (matches(path) ? [position] : []))
    const images = [...outcome.platforms.map(({ after }) => after.digest), outcome.digest]
    const manifest = (reference: string) => (path: string) => path.endsWith(`/manifests/${reference}`)

    const tagged = positions(manifest('1.0'))
    expect(tagged).toEqual([writes.length - 1])

    const pushed = images.map((digest) => {
      const found = positions(manifest(digest))
      expect(found).toHaveLength(1)
      return found[0]!
    })
    // The index comes after the images that it names.
    expect(pushed.at(-1)).toBe(Math.max(...pushed))

    // Everything between the images and the tag is evidence: its blobs, referrers by digest, `.sig` and `.att` tags.
    const evidence = writes.slice(pushed.at(-1)! + 1, -1)
    expect(evidence.length).toBeGreaterThan(0)
    for (const path of evidence) {
      expect(path).toMatch(
        /\/blobs\/uploads\/|\/manifests\/sha256:[0-9a-f]{64}$|\/manifests\/sha256-[0-9a-f]{64}(\.sig|\.att)?$/,
      )
    }
    // And before the first manifest only content was written.
    const before = writes.slice(0, Math.min(...pushed))
    expect(before.length).toBeGreaterThan(0)
    for (const path of before) expect(path).toMatch(/\/blobs\/uploads\//)
  })
})
