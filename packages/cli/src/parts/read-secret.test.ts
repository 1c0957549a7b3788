import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resolveSettings } from '../settings/settings.ts'
import { readSecret } from './read-secret.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-secret-'))
  await writeFile(join(folder, 'file'), 'of the file\n')
  await writeFile(join(folder, 'empty'), '\n')
  await writeFile(join(folder, 'long'), 'x'.repeat(70_000))
})
afterAll(() => rm(folder, { recursive: true }))

const read = (place: string) =>
  readSecret('password', {
    settings: resolveSettings(['password'], { flags: { password: place }, environment: {} }),
    environment: { TOKEN: 'of the environment' },
    readInput: async () => 'of the input\r\n',
    signal: new AbortController().signal,
  })

describe('readSecret', () => {
  it('reads it from where it is', async () => {
    expect(await read('env://TOKEN')).toBe('of the environment')
    expect(await read(join(folder, 'file'))).toBe('of the file')
    expect(await read('-')).toBe('of the input')
  })

  it.each(['hunter2', 'env://hunter2', 'empty', 'long'])('never repeats its place: %s', async (place) => {
    const named = ['empty', 'long'].includes(place) ? join(folder, place) : place
    await expect(read(named)).rejects.toMatchObject({
      code: 'SECRET_MISSING',
      message: expect.not.stringContaining(place === 'hunter2' ? 'hunter2' : '://'),
    })
  })
})
