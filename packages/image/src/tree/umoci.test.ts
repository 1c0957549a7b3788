import { execFile, spawnSync } from 'node:child_process'
import { lstat, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { array, nat, sample } from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Image } from '../image.ts'
import { type LayerAction, layersFrom, toTar } from '../internal/layer-model.ts'
import { testImage } from '../internal/test-image.ts'
import { openImage } from '../open/open-image.ts'

const available = spawnSync('umoci', ['--version']).status === 0
const run = promisify(execFile)

const randomNumbers = array(array(nat(), { maxLength: 10 }), { minLength: 1, maxLength: 4 })

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'umoci-test-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** Unpacks the image's layout by umoci and lists what came out. */
async function unpack(image: Image): Promise<Record<string, string>> {
  const indexPath = join(image.layoutDirectory, 'index.json')
  const index = JSON.parse(await readFile(indexPath, 'utf8')) as { manifests: Record<string, unknown>[] }
  const manifests = index.manifests.map((entry) => ({
    ...entry,
    annotations: { 'org.opencontainers.image.ref.name': 'test' },
  }))
  await writeFile(indexPath, JSON.stringify({ ...index, manifests }))
  const bundle = await mkdtemp(join(directory, 'bundle-'))
  const rootless = process.getuid?.() === 0 ? [] : ['--rootless']
  await run('umoci', ['unpack', ...rootless, '--image', `${image.layoutDirectory}:test`, bundle])
  const root = join(bundle, 'rootfs')
  const found: Record<string, string> = {}
  for (const name of (await readdir(root, { recursive: true })).sort()) {
    const path = join(root, name)
    const status = await lstat(path)
    const mode = (status.mode & 0o7777).toString(8)
    if (status.isSymbolicLink()) found[`/${name}`] = `link ${await readlink(path)}`
    else if (status.isDirectory()) found[`/${name}`] = `directory ${mode}`
    else found[`/${name}`] = `file ${mode} ${await readFile(path, 'utf8')}`
  }
  return found
}

async function view(image: Image): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const node of image.tree.entries()) {
    if (node.path === '/') continue
    const mode = node.mode.toString(8)
    if (node.type === 'symlink') found[node.path] = `link ${node.linkTarget}`
    else if (node.type === 'directory') found[node.path] = `directory ${mode}`
    else found[node.path] = `file ${mode} ${Buffer.from(await image.readFile(node)).toString()}`
  }
  return found
}

/**
 * Layers as builders write them, with every parent directory. umoci makes no directory where a lower layer has a
 * file, and follows links of lower layers where an overlay does not; without such both must agree.
 */
function asBuilt(layers: readonly (readonly LayerAction[])[]): LayerAction[][] {
  return layers.map((actions) => {
    const built: LayerAction[] = []
    const known = new Set<string>()
    for (const action of actions) {
      if (action.do === 'symlink') continue
      const parts = action.path.split('/').slice(1, action.do === 'opaque' ? undefined : -1)
      for (const [index] of parts.entries()) {
        const path = `/${parts.slice(0, index + 1).join('/')}`
        if (!known.has(path)) built.push({ do: 'directory', path, mode: 0o755 })
        known.add(path)
      }
      if (action.do === 'directory') known.add(action.path)
      built.push(action)
    }
    return built
  })
}

describe.skipIf(!available)(`the merged view and umoci${available ? '' : ' (skipped: no umoci)'}`, () => {
  it('agree on random layers', { timeout: 60_000 }, async () => {
    for (const numbers of sample(randomNumbers, { numRuns: 40, seed: 20_251 })) {
      const layers = layersFrom(numbers)
      const { source, raw } = testImage(asBuilt(layers).map(toTar))
      await using image = await openImage(source, raw, { directory })
      const expected = await unpack(image)
      expect({ layers, view: await view(image) }).toEqual({ layers, view: expected })
    }
  })
})
