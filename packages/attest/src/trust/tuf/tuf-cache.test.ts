import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readTufState, writeTufState } from './tuf-cache.ts'
import type { TufState } from './tuf-state.schema.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuf-cache-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const path = (): string => join(folder, 'new', 'folder', 'state.json')

function stateOf(version: number, fetchedAt: number): TufState {
  const timestamp = Buffer.from(JSON.stringify({ signed: { version } }))
  return {
    version: 1,
    fetchedAt: new Date(fetchedAt),
    roots: {},
    metadata: { 'timestamp.json': timestamp },
    targets: {},
  }
}

describe('writeTufState', () => {
  it('writes what readTufState reads, and nothing else', async () => {
    const files = (name: fc.Arbitrary<string>) =>
      fc.dictionary(
        name,
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        { noNullPrototype: true },
      )
    const states = fc.record({
      version: fc.constant(1 as const),
      fetchedAt: fc.date({ min: new Date(0), max: new Date('9999-01-01T00:00:00Z'), noInvalidDate: true }),
      roots: files(fc.integer({ min: 1, max: 999 }).map(String)),
      metadata: files(fc.stringMatching(/^[a-z]{1,9}\.json$/)),
      targets: files(fc.stringMatching(/^[a-z.]{1,9}$/)),
    })
    await fc.assert(
      fc.asyncProperty(states, async (state) => {
        await rm(path(), { force: true })
        await writeTufState(path(), state)
        expect(await readTufState(path())).toEqual(state)
      }),
      { numRuns: 30 },
    )
    expect(await readdir(join(folder, 'new', 'folder'))).toEqual(['state.json'])
  })

  it.each<[string, TufState, TufState, number]>([
    ['replaces an older state', stateOf(1, 1), stateOf(2, 2), 2],
    ['replaces a state of the same metadata', stateOf(1, 1), stateOf(1, 2), 2],
    ['leaves a newer state', stateOf(2, 2), stateOf(1, 1), 2],
    ['replaces the state of a repository that began again', stateOf(9, 1), stateOf(1, 2), 2],
    ['replaces a state by a clock that was wrong', stateOf(1, 9), stateOf(1, 2), 2],
  ])('%s', async (_, before, after, fetchedAt) => {
    await writeTufState(path(), before)
    await writeTufState(path(), after)
    expect((await readTufState(path()))?.fetchedAt.getTime()).toBe(fetchedAt)
  })
})

describe('readTufState', () => {
  it('reads nothing where nothing was written', async () => {
    expect(await readTufState(path())).toBeUndefined()
  })

  it('refuses a file that is too long, unread', async () => {
    const file = join(folder, 'state.json')
    await writeFile(file, '')
    await truncate(file, 64 * 1024 * 1024 + 1)
    await expect(readTufState(file)).rejects.toMatchObject({ code: 'TUF_CACHE_UNUSABLE' })
  })

  it('refuses a folder', async () => {
    await expect(readTufState(folder)).rejects.toMatchObject({ code: 'TUF_CACHE_UNUSABLE' })
  })
})
