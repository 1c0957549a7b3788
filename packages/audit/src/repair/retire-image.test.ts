import { createImageIndex, pushImage, type RequestHook } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { openRepairTest, smallImage } from './repair-test.fixture.ts'
import { repair } from './repair.ts'

const day = 24 * 3_600_000
const idle = { deployments: [], pulledAt: '2026-01-01T00:00:00.000Z' }

interface RetireTestOptions {
  readonly deleteManifests?: boolean
  readonly withQuarantine?: boolean
  readonly tags?: readonly string[]
}

async function openRetiring({
  deleteManifests,
  withQuarantine = false,
  tags = ['1', '2'],
}: RetireTestOptions = {}) {
  const test = await openRepairTest()
  const quarantineRepository = withQuarantine ? `${test.registry.host}/quarantine/app` : undefined
  const record = await test.push('unsigned', { ...idle, tags })
  const plan = await test.plan([record], { retire: { idleMs: day, deleteManifests, quarantineRepository } })
  test.takeWrites()
  const retire = (options: object = {}) =>
    repair(plan, { gate: test.gate, dryRun: false, confirm: plan.digest, ...options }).then(
      ({ outcomes }) => outcomes[0]!,
    )
  const isThere = () => test.registry.resolve('prod/app', record.digest) !== undefined
  const deletions = () => test.takeWrites().filter((write) => write.startsWith('DELETE'))
  return { test, record, plan, retire, isThere, deletions }
}

describe('repair of kind retire', () => {
  it('takes the tags away and leaves the manifest', async () => {
    const { test, retire, isThere, deletions } = await openRetiring()
    await using _closing = test
    expect(await retire()).toMatchObject({
      action: { kind: 'retire' },
      result: 'done',
      steps: [{ tag: '1' }, { tag: '2' }],
    })
    expect(test.registry.snapshot()['prod/app']!.tags).toEqual({})
    expect(isThere()).toBe(true)
    expect(deletions()).toEqual(['DELETE /v2/prod/app/manifests/1', 'DELETE /v2/prod/app/manifests/2'])
    expect(await retire()).toMatchObject({ result: 'already' })
    expect(deletions()).toEqual([])
  })

  it.each([
    ['neither flag', false, false],
    ['the plan’s flag alone', true, false],
    ['the repair’s flag alone', false, true],
  ])('deletes no manifest with %s', async (_title, deleteManifests, unsafeDeleteManifests) => {
    const { test, record, retire, isThere, deletions } = await openRetiring({ deleteManifests })
    await using _closing = test
    const outcome = await retire({ unsafeDeleteManifests })
    expect(outcome).toMatchObject(
      deleteManifests ? { result: 'refused', steps: [{ code: 'DELETION_NOT_ALLOWED' }] } : { result: 'done' },
    )
    expect(deletions().filter((path) => path.includes(record.digest))).toEqual([])
    expect(isThere()).toBe(true)
  })

  it('deletes the manifest with both', async () => {
    const { test, record, retire, isThere, deletions } = await openRetiring({ deleteManifests: true })
    await using _closing = test
    expect(await retire({ unsafeDeleteManifests: true })).toMatchObject({
      action: { kind: 'delete' },
      result: 'done',
    })
    expect(deletions().at(-1)).toBe(`DELETE /v2/prod/app/manifests/${record.digest}`)
    expect(isThere()).toBe(false)
    expect(await retire({ unsafeDeleteManifests: true })).toMatchObject({ result: 'already' })
  })

  it.each([
    [
      'a tag that was set since',
      async ({ test, record }: Awaited<ReturnType<typeof openRetiring>>) => {
        const image = await test.repository('prod/app').getManifest(record.digest)
        await test.repository('prod/app').putManifest(image, { tag: 'again' })
      },
    ],
    [
      'an index that was pushed since',
      async ({ test, record }: Awaited<ReturnType<typeof openRetiring>>) => {
        const image = smallImage('prod/app 1,2')
        expect(image.raw.descriptor.digest).toBe(record.digest)
        await pushImage(test.repository('prod/app'), createImageIndex({ 'linux/amd64': image }), 'index')
      },
    ],
  ])('deletes no manifest that %s needs', async (_title, use) => {
    const retiring = await openRetiring({ deleteManifests: true })
    await using _closing = retiring.test
    await use(retiring)
    expect(await retiring.retire({ unsafeDeleteManifests: true })).toMatchObject({
      result: 'refused',
      steps: [{ result: 'done' }, { result: 'done' }, { code: 'IN_USE' }],
    })
    expect(retiring.isThere()).toBe(true)
  })

  it('keeps a copy in quarantine, under a tag, before it takes anything away', async () => {
    const { test, record, retire } = await openRetiring({ withQuarantine: true, deleteManifests: true })
    await using _closing = test
    expect(await retire({ unsafeDeleteManifests: true })).toMatchObject({ result: 'done' })
    const kept = test.registry.snapshot()['quarantine/app']!
    expect(kept.tags).toEqual({ [`retired-${record.digest.slice('sha256:'.length)}`]: record.digest })
    const writes = test.takeWrites()
    expect(writes.findIndex((write) => write.startsWith('DELETE'))).toBeGreaterThan(
      writes.findLastIndex((write) => write.includes('/v2/quarantine/app/manifests/')),
    )
  })

  it('takes nothing away when the copy can not be made', async () => {
    const { test, retire, deletions } = await openRetiring({ withQuarantine: true, deleteManifests: true })
    await using _closing = test
    test.registry.setRequestHook(({ method, repository }) =>
      repository === 'quarantine/app' && method === 'PUT' ? { type: 'respond', status: 403 } : undefined,
    )
    expect(await retire({ unsafeDeleteManifests: true })).toMatchObject({ result: 'error' })
    expect(deletions()).toEqual([])
    expect(Object.keys(test.registry.snapshot()['prod/app']!.tags)).toEqual(['1', '2'])
  })

  it('puts a manifest back that the registry deleted with its tag', async () => {
    const { test, record, retire, isThere } = await openRetiring({ tags: ['1'] })
    await using _closing = test
    test.registry.setRequestHook(async ({ method, isTag }) => {
      if (method !== 'DELETE' || !isTag) return undefined
      test.registry.setRequestHook(undefined)
      await test.repository('prod/app').deleteManifest(record.digest)
      return { type: 'respond', status: 202 }
    })
    expect(await retire()).toMatchObject({ result: 'done' })
    expect(isThere()).toBe(true)
    expect(test.registry.resolve('prod/app', '1')).toBeUndefined()
  })

  it('says when the registry deletes no tags', async () => {
    const { test, retire, isThere } = await openRetiring()
    await using _closing = test
    test.registry.setRequestHook(refuseTagDeletion)
    expect(await retire()).toMatchObject({
      result: 'error',
      steps: [
        { tag: '1', code: 'UNSUPPORTED' },
        { tag: '2', code: 'UNSUPPORTED' },
      ],
    })
    expect(isThere()).toBe(true)
  })

  it('deletes the manifest with its tags where the registry deletes no tags, unless another tag is at it', async () => {
    const { test, record, retire, isThere } = await openRetiring({ deleteManifests: true })
    await using _closing = test
    test.registry.setRequestHook(refuseTagDeletion)
    const image = await test.repository('prod/app').getManifest(record.digest)
    await test.repository('prod/app').putManifest(image, { tag: 'again' })
    expect(await retire({ unsafeDeleteManifests: true })).toMatchObject({ result: 'error' })
    expect(isThere()).toBe(true)

    await pushImage(test.repository('prod/app'), smallImage('another'), 'again')
    expect(await retire({ unsafeDeleteManifests: true })).toMatchObject({ result: 'done', steps: [{}] })
    expect(isThere()).toBe(false)
    expect(Object.keys(test.registry.snapshot()['prod/app']!.tags)).toEqual(['again'])
  })

  it('leaves a tag alone that moves while others are taken away', async () => {
    const { test, retire } = await openRetiring()
    await using _closing = test
    const foreign = smallImage('foreign')
    test.registry.setRequestHook(async ({ method, isTag }) => {
      if (method !== 'DELETE' || !isTag) return undefined
      test.registry.setRequestHook(undefined)
      await pushImage(test.repository('prod/app'), foreign, '2')
      return undefined
    })
    expect(await retire()).toMatchObject({
      result: 'refused',
      steps: [
        { tag: '1', result: 'done' },
        { tag: '2', code: 'TAG_MOVED' },
      ],
    })
    expect(test.registry.snapshot()['prod/app']!.tags).toEqual({ 2: foreign.raw.descriptor.digest })
  })
})

const refuseTagDeletion: RequestHook = ({ method, isTag }) =>
  method === 'DELETE' && isTag ? { type: 'respond', status: 405 } : undefined
