import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toolPath } from '@sallyport/test-tools'
import { canRun, imageLayout, imageNames, serviceNames, smokeTest, unpackImage } from './images.ts'
import { runPython } from './run-python.ts'

let directory: string
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'sallyport-images-'))))
afterEach(() => rm(directory, { recursive: true, force: true }))

const missing = ['mmdebstrap', 'unshare', 'python3', 'go'].filter((tool) => !toolPath(tool))
if (process.getuid?.() !== 0) missing.push('root')
if (missing.length > 0) console.warn(`images: skipped, without ${missing.join(', ')}`)

describe.skipIf(missing.length > 0)('images', () => {
  it.each([...imageNames, ...serviceNames])(
    '%s is built and answers as it should, twice the same',
    async (name) => {
      const layout = await imageLayout(name)
      const root = join(directory, 'root')
      const { config } = await unpackImage(layout.directory, root)
      const first = await smokeTest(name, root, { config })
      expect(await smokeTest(name, root, { config })).toBe(first)
    },
  )

  it('multi has an arm64 platform, which answers where it can be run', async (context) => {
    const layout = await imageLayout('multi')
    const root = join(directory, 'root')
    const { config, architecture } = await unpackImage(layout.directory, root, '', { architecture: 'arm64' })
    expect(architecture).toBe('arm64')
    if (!canRun('arm64')) context.skip('arm64: no emulator here, so its smoke test is skipped')
    expect(await smokeTest('multi', root, { config, architecture })).toContain('The same page')
  })

  it('a root that lost what the command needs does not pass', async () => {
    const layout = await imageLayout('static')
    const root = join(directory, 'root')
    await unpackImage(layout.directory, root)
    await rm(join(root, 'etc/greeting'))
    await expect(smokeTest('static', root)).rejects.toThrow(/ended with 1 before it answered/)
  })

  it('unpacks only into an empty folder', async () => {
    const layout = await imageLayout('static')
    await mkdir(join(directory, 'something'))
    await expect(unpackImage(layout.directory, directory)).rejects.toThrow(/not empty/)
  })

  it('builds nothing that it has no recipe for', async () => {
    await expect(runPython('build.py', ['../web'])).rejects.toThrow(/there is no image/)
  })
})
