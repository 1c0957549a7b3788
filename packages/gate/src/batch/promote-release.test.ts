import { createImage, pushImage } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { debianImage } from '../promote/debian-image.fixture.ts'
import { frozen, openGateTest, passed } from '../promote/gate-test.fixture.ts'
import { scannerFor, startTime } from '../promote/test-gate.fixture.ts'

const names = ['web', 'api', 'worker']

async function openReleaseTest() {
  const test = await openGateTest()
  const { host } = test.registry
  const members = names.map((name) => ({
    from: `${host}/build/${name}:1`,
    to: `${host}/prod/${name}:1`,
    tier: 'prod',
  }))
  for (const { from } of members) await test.push(from, from)
  return { ...test, members, tags: () => names.map((name) => test.tag(`prod/${name}`)) }
}

describe('release', () => {
  it('moves all tags when every member has verified, and records its name', async () => {
    await using test = await openReleaseTest()
    const moved: string[] = []
    const outcome = await test.gate.open().release('2026.11', test.members, {
      onProgress: ({ type, step }) => {
        if (type === 'step-finished') moved.push(step)
      },
    })
    expect(outcome).toMatchObject({ name: '2026.11', verdict: 'pass', held: [] })
    expect(outcome.released).toEqual(test.members.map(({ to }) => to))
    expect(moved.lastIndexOf('verify')).toBeLessThan(moved.indexOf('publish'))
    expect(test.tags()).toEqual(outcome.members.map((member) => passed(member).digest))
    expect(passed(outcome.members[0]!).record.release).toBe('2026.11')
  })

  it('pitfall 23: leaves every tag where it was when one member fails; again, when it is repaired, it completes', async () => {
    await using test = await openReleaseTest()
    const [, api] = test.members
    const flawed = createImage(debianImage({ osRelease: 'ID=nobody-knows\nVERSION_ID=1\n' }))
    await pushImage(test.gate.repository(api!.from), flawed, '1')
    const gate = test.gate.open()
    const outcome = await gate.release('2026.11', test.members)
    expect(outcome).toMatchObject({ verdict: 'error', released: [], held: test.members.map(({ to }) => to) })
    expect(outcome.members).toMatchObject([
      { error: { code: 'RELEASE_STOPPED', retryable: true, message: expect.stringContaining(api!.to) } },
      { error: { code: 'UNJUDGED' } },
      { error: { code: 'RELEASE_STOPPED' } },
    ])
    expect(test.tags()).toEqual([undefined, undefined, undefined])
    await test.push('repaired', api!.from)
    expect(await gate.release('2026.11', test.members)).toMatchObject({ verdict: 'pass' })
  })

  it('moves no tag when one of them was moved meanwhile', async () => {
    await using test = await openReleaseTest()
    let isMoved = false
    const real = scannerFor('leftover')
    const gate = test.gate.open({
      scanners: [
        {
          name: real.name,
          async scan(target, options) {
            if (!isMoved) {
              isMoved = true
              await test.push('foreign', test.members[2]!.to)
            }
            return real.scan(target, options)
          },
        },
      ],
    })
    const outcome = await gate.release('2026.11', test.members, { concurrency: 3 })
    expect(outcome).toMatchObject({ verdict: 'error', released: [] })
    expect(outcome.members.map((member) => member.verdict === 'error' && member.error.code)).toEqual([
      'RELEASE_STOPPED',
      'RELEASE_STOPPED',
      'TAG_CONFLICT',
    ])
    expect(test.tags().slice(0, 2)).toEqual([undefined, undefined])
  })

  it('names what moved and what did not when a tag is refused midway, and completes when it runs again', async () => {
    await using test = await openReleaseTest()
    const gate = test.gate.open()
    test.registry.setRequestHook(({ method, kind, reference, repository }) =>
      method === 'PUT' && kind === 'manifest' && reference === '1' && repository === 'prod/api'
        ? { type: 'respond', status: 403, body: '{}' }
        : undefined,
    )
    const outcome = await gate.release('2026.11', test.members)
    const [web, api, worker] = test.members.map(({ to }) => to)
    expect(outcome).toMatchObject({ verdict: 'error', released: [web], held: [api, worker] })
    test.registry.setRequestHook(undefined)
    const again = await gate.release('2026.11', test.members)
    expect(again).toMatchObject({ verdict: 'pass', held: [] })
    expect(passed(again.members[0]!).changed).toBe(false)
  })

  it('moves no tag in a window in which none may move', async () => {
    await using test = await openReleaseTest()
    const window = { name: 'w', from: startTime, until: '2026-12-01T00:00:00.000Z', reason: 'r' }
    const outcome = await test.gate.open({ policy: frozen(window) }).release('2026.11', test.members)
    expect(outcome.members).toMatchObject(names.map(() => ({ error: { code: 'FROZEN', retryable: true } })))
    expect(test.tags()).toEqual([undefined, undefined, undefined])
  })

  it.each([
    ['no name', ' ', (members: object[]) => members],
    ['no member', 'r', () => []],
    ['two members to one tag', 'r', (members: object[]) => [...members, members[0]!]],
  ])('is refused with %s', async (_title, name, change) => {
    await using test = await openReleaseTest()
    const members = change(test.members) as typeof test.members
    const outcome = await test.gate.open().release(name, members)
    expect(outcome.verdict).toBe('error')
    expect(test.tags()).toEqual([undefined, undefined, undefined])
    for (const member of outcome.members) expect(member).toMatchObject({ error: { code: 'OPTIONS_INVALID' } })
  })
})
