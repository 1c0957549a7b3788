import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copy } from '../copy/copy.ts'
import { pushImage, sampleImage } from '../testing/sample-image.ts'
import { openLayout } from './open-layout.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-full-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** No file may be larger than so many units of 1024 bytes; the write that goes beyond fails, as on a full disk. */
async function copyUnderLimit(units: number, target: string): Promise<string> {
  const script = fileURLToPath(new URL('../testing/copy-to-full-disk.ts', import.meta.url))
  const command = `ulimit -f ${units}; exec "$@"`
  const node = [process.execPath, '--conditions=@sallyport/source', script, join(folder, 'source'), target]
  const { stdout } = await promisify(execFile)('bash', ['-c', command, 'bash', ...node])
  return stdout.trim()
}

describe.skipIf(process.platform === 'win32')('a copy for which the disk has no room', () => {
  it.each([
    ['a blob of a layout', 'target', 64],
    ['the lock of a layout', 'target', 0],
    ['an archive', 'target.tar', 64],
  ])('fails at %s, leaves nothing half-written, and goes on when there is room', async (_, name, units) => {
    const source = await openLayout(join(folder, 'source'), { create: true })
    await pushImage(source, sampleImage([10, 200_000]), '1')
    const target = join(folder, name)
    expect(await copyUnderLimit(units, target)).toMatch(/^LAYOUT_UNWRITABLE (target|undefined)$/)
    expect((await readdir(folder)).filter((each) => each.includes('partial'))).toEqual([])
    if (name.endsWith('.tar')) {
      expect(await readdir(folder)).toEqual(['source'])
      return
    }
    expect((await readdir(target)).filter((each) => each.startsWith('.'))).toEqual([])
    const layout = await openLayout(target, { create: true, lockWaitMs: 0 })
    await copy(source, layout, { from: '1', tag: '1' })
    expect((await layout.getManifest('1')).descriptor).toEqual((await source.getManifest('1')).descriptor)
  })
})
