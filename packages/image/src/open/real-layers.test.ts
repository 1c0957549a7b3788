import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testImage } from '../internal/test-image.ts'
import { readTar } from '../tar/read-tar.ts'
import { rewriteImage } from '../write/rewrite-image.ts'
import { openImage } from './open-image.ts'

const data = join(dirname(fileURLToPath(import.meta.url)), '../../../../../shared/data')
const layouts = join(data, 'oci/layouts/regclient')
const archives = join(data, 'scan/layers/scalibr')
const present = existsSync(layouts) && existsSync(archives)

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'real-test-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function untar(bytes: Uint8Array): Promise<Map<string, Buffer>> {
  const files = new Map<string, Uint8Array[]>()
  let current: Uint8Array[] = []
  for await (const event of readTar([bytes])) {
    if (event.type === 'entry') files.set(event.entry.path, (current = []))
    else current.push(event.chunk)
  }
  return new Map([...files].map(([name, chunks]) => [name, Buffer.concat(chunks)]))
}

/** The layers of a docker archive, in order. */
async function archiveLayers(name: string): Promise<Buffer[]> {
  const files = await untar(await readFile(join(archives, name)))
  const manifest = JSON.parse(files.get('manifest.json')?.toString() ?? '[]') as { Layers: string[] }[]
  return (manifest[0]?.Layers ?? []).map((layer) => files.get(layer) ?? Buffer.alloc(0))
}

describe.skipIf(!present)(
  `openImage on layers of other tools${present ? '' : ' (skipped: no shared test data)'}`,
  () => {
    it('applies the whiteouts of the regclient layers', async () => {
      const layers = await Promise.all(
        ['layer.tar', 'layer-wh.tar'].map((name) => readFile(join(layouts, name))),
      )
      const { source, raw } = testImage(layers)
      await using image = await openImage(source, raw, { directory })
      expect([...image.tree.entries()].map(({ path, layer }) => `${path} ${layer}`)).toEqual([
        '/ 0',
        '/exdir 1',
        '/layer1.txt 1',
        '/layer3.txt 1',
      ])
      const edit = { remove: new Set<string>(), replace: new Map(), createdBy: 'test' }
      await using result = await rewriteImage(image, edit, { directory })
      // Everything of the lower layer was deleted or written again above it.
      expect(result.manifest.layers).toHaveLength(1)
    })

    it('opens every archive of the scalibr suite, and rewrites it without a change to what is seen', async () => {
      const names = (await readdir(archives)).filter((name) => name.endsWith('.tar') && name !== 'empty.tar')
      expect(names.length).toBeGreaterThan(5)
      for (const name of names) {
        const layers = await archiveLayers(name)
        expect(layers.length).toBeGreaterThan(0)
        const { source, raw } = testImage(layers, { compression: 'zstd' })
        await using image = await openImage(source, raw, { directory })
        for (const node of image.tree.entries()) {
          const reached = image.tree.resolve(node.path)
          if (node.type !== 'symlink') expect(reached).toBe(node)
          expect(reached === undefined || reached.path.startsWith('/')).toBe(true)
        }
        const edit = { remove: new Set<string>(), replace: new Map(), createdBy: 'test' }
        await using result = await rewriteImage(image, edit, { directory })
        await using again = await openImage(result.image, result.raw, { directory })
        const paths = (tree: typeof image.tree) =>
          [...tree.entries()].map(({ path, type }) => `${type} ${path}`)
        expect(paths(again.tree)).toEqual(paths(image.tree))
      }
    })

    it('ends at 40 links', async () => {
      for (const name of ['symlink-cycle.tar', 'symlink-dangling.tar', 'symlink-attack.tar']) {
        const { source, raw } = testImage(await archiveLayers(name))
        await using image = await openImage(source, raw, { directory })
        const links = [...image.tree.entries()].filter(({ type }) => type === 'symlink')
        expect(links.length).toBeGreaterThan(0)
        for (const { path } of links)
          expect([undefined, 'file', 'directory']).toContain(image.tree.resolve(path)?.type)
      }
    })
  },
)
