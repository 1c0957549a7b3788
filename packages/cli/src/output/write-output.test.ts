import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeOutput } from './write-output.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-output-'))
  await writeFile(join(folder, 'file'), 'before')
})
afterEach(() => rm(folder, { recursive: true }))

const now = async () => [await readdir(folder), await readFile(join(folder, 'file'), 'utf8')]

describe('writeOutput', () => {
  it('replaces a file', async () => {
    await writeOutput(join(folder, 'file'), 'after')
    expect(await now()).toEqual([['file'], 'after'])
  })

  it('leaves what was there when the content fails', async () => {
    async function* content() {
      yield 'half'
      throw new RangeError('broken')
    }
    await expect(writeOutput(join(folder, 'file'), content())).rejects.toThrow('broken')
    expect(await now()).toEqual([['file'], 'before'])
  })

  it('leaves what was there when it is aborted in the middle', async () => {
    const abort = new AbortController()
    async function* content() {
      yield 'half'
      abort.abort(new RangeError('stopped'))
      yield 'more'
    }
    await expect(writeOutput(join(folder, 'file'), content(), abort)).rejects.toThrow('stopped')
    expect(await now()).toEqual([['file'], 'before'])
  })

  it('says what is wrong with the place', async () => {
    await expect(writeOutput(join(folder, 'none', 'file'), 'x')).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      message: expect.stringContaining('ENOENT'),
    })
  })
})
