import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collectAll, pushImage, sampleImage } from '../testing/sample-image.ts'
import { withIndexLock } from './lock-index.ts'
import { openLayout } from './open-layout.ts'

const execute = promisify(execFile)
const lock = '.sallyport-index.lock'
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-writers-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const runNode = (...args: string[]) => execute(process.execPath, args, { timeout: 60_000 })

describe('a layout that several processes write to', () => {
  it('loses no manifest', { timeout: 60_000 }, async () => {
    const script = fileURLToPath(new URL('../testing/add-manifests.ts', import.meta.url))
    const writers = ['a', 'b', 'c', 'd']
    await Promise.all(
      writers.map((name) => runNode('--conditions=@sallyport/source', script, folder, name, '10')),
    )
    const layout = await openLayout(folder)
    const tags = await collectAll(layout.listTags())
    expect(tags.sort()).toEqual(
      writers.flatMap((name) => Array.from({ length: 10 }, (_, at) => `${name}${at}`)),
    )
    for (const tag of tags) await layout.getManifest(tag)
    expect((await readdir(folder)).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
  })

  it('goes on after a writer that died with the lock in its hand', async () => {
    await openLayout(folder, { create: true })
    const lockScript = fileURLToPath(new URL('lock-index.ts', import.meta.url))
    const die = `import { withIndexLock } from ${JSON.stringify(lockScript)}
      await withIndexLock(${JSON.stringify(folder)}, async () => process.exit(0))`
    await runNode('--conditions=@sallyport/source', '--input-type=module-typescript', '--eval', die)
    expect(await readdir(folder)).toContain(lock)
    const layout = await openLayout(folder, { lockWaitMs: 0 })
    await pushImage(layout, sampleImage([1]), 'v1')
    expect(await readdir(folder)).not.toContain(lock)
  })

  it.runIf(process.platform === 'linux')(
    'goes on after a writer whose number another process has now',
    async () => {
      const layout = await openLayout(folder, { create: true, lockWaitMs: 0 })
      const own = await withIndexLock(folder, () => readFile(join(folder, lock), 'utf8'))
      await writeFile(join(folder, lock), own)
      await expect(pushImage(layout, sampleImage([1]), 'v1')).rejects.toMatchObject({
        code: 'LAYOUT_UNWRITABLE',
      })
      await writeFile(join(folder, lock), JSON.stringify({ ...JSON.parse(own), began: '1' }))
      await pushImage(layout, sampleImage([1]), 'v1')
      expect(await collectAll(layout.listTags())).toEqual(['v1'])
    },
  )

  it('gives up on a lock that stays, and says whose it is', async () => {
    const layout = await openLayout(folder, { create: true, lockWaitMs: 0 })
    await writeFile(join(folder, lock), JSON.stringify({ place: 'elsewhere', pid: 7, token: 't' }))
    await expect(pushImage(layout, sampleImage([1]), 'v1')).rejects.toMatchObject({
      code: 'LAYOUT_UNWRITABLE',
      retryable: true,
      message: expect.stringContaining('process 7 on elsewhere'),
    })
    expect(await collectAll(layout.listTags())).toEqual([])
  })

  it.each([
    ['of another machine', JSON.stringify({ place: `not ${hostname()}`, pid: 1, token: 't' })],
    ['that was never written to its end', ''],
  ])('takes over an old lock %s', async (_, text) => {
    const layout = await openLayout(folder, { create: true, lockWaitMs: 0 })
    await writeFile(join(folder, lock), text)
    await utimes(join(folder, lock), new Date(0), new Date(0))
    await pushImage(layout, sampleImage([1]), 'v1')
    expect(await collectAll(layout.listTags())).toEqual(['v1'])
  })

  it('changes nothing once somebody else has taken the lock', async () => {
    await openLayout(folder, { create: true })
    const other = JSON.stringify({ place: 'elsewhere', pid: 7, token: 'other' })
    await expect(
      withIndexLock(folder, async (checkHeld) => {
        await writeFile(join(folder, lock), other)
        await checkHeld()
      }),
    ).rejects.toMatchObject({ code: 'LAYOUT_UNWRITABLE' })
    expect(await readFile(join(folder, lock), 'utf8')).toBe(other)
  })

  it('stops waiting with the reason of an aborted signal', async () => {
    await openLayout(folder, { create: true })
    await writeFile(join(folder, lock), JSON.stringify({ place: 'elsewhere', pid: 7, token: 't' }))
    const stop = new AbortController()
    const waiting = withIndexLock(folder, async () => {}, { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })
})
