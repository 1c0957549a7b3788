import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, mediaTypes } from '@sallyport/core'
import { createTarWriter, ImageError, mergeTree, readLayer, type TarWriterEntry } from '@sallyport/image'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runTool } from './run-tool.ts'

/** Numbers below `limit`, the same for the same seed (mulberry32). */
function createNumbers(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

/** Layers that say anything, also what no builder would. */
function createLayers(next: (limit: number) => number): TarWriterEntry[][] {
  const pick = <T>(from: readonly T[]): T => from[next(from.length)]!
  const path = () => Array.from({ length: pick([1, 1, 2, 2, 3]) }, () => pick(['a', 'b', 'c'])).join('/')
  const entry = (token: string, files: string[]): TarWriterEntry | undefined => {
    const name = pick(['', '', './', '/']) + path()
    const slash = name.lastIndexOf('/') + 1
    switch (next(24)) {
      case 0:
        return { type: 'file', path: '.wh..wh..opq' }
      case 1:
        return { type: 'file', path: pick(['.wh..wh.x', '.wh..wh.plnk/1', '/.wh..wh.y']) }
      case 2:
        return { type: 'character-device', path: name, deviceMajor: 0, deviceMinor: 0 }
      case 3:
      case 4:
        return { type: 'file', path: `${name}/.wh..wh..opq` }
      case 5:
      case 6:
        return files.length === 0
          ? undefined
          : { type: 'hardlink', path: name, linkPath: pick(files), mode: 0o644 }
      case 7:
      case 8:
        return {
          type: 'symlink',
          path: name,
          linkPath: pick([path(), `/${path()}`, `../${path()}`, '.', '..']),
        }
      case 9:
      case 10:
      case 11:
        return { type: 'file', path: `${name.slice(0, slash)}.wh.${name.slice(slash)}` }
      case 12:
      case 13:
      case 14:
      case 15:
        return { type: 'directory', path: `${name}/`, mode: 0o755 }
      default:
        files.push(name)
        return { type: 'file', path: name, data: token }
    }
  }
  return Array.from({ length: 1 + next(3) }, (_, layer) => {
    const files: string[] = []
    return Array.from(
      { length: 1 + next(5) },
      (__, index) => entry(`<${layer}.${index}>`, files) ?? [],
    ).flat()
  })
}

function toTar(entries: readonly TarWriterEntry[]): Uint8Array {
  const writer = createTarWriter()
  for (const entry of entries) writer.add(entry)
  return writer.finish()
}

/** What our merged view shows; `undefined` where it refuses the layers. */
async function viewOf(tars: readonly Uint8Array[]): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    const layers = await Promise.all(
      tars.map((tar) => {
        const digest = digestOf(tar)
        const descriptor = { mediaType: mediaTypes.ociLayer, digest, size: tar.length }
        return readLayer(
          (async function* () {
            yield tar
          })(),
          { descriptor, diffId: digest },
        )
      }),
    )
    const tree = mergeTree(layers)
    const view: Record<string, string> = {}
    for (const node of tree.entries()) {
      // A device without numbers is a whiteout to an overlay.
      if (node.path === '/' || node.type === 'character-device') continue
      if (node.type === 'symlink') view[node.path] = `link ${node.linkTarget}`
      else if (node.type !== 'file') view[node.path] = node.type
      else {
        const { layer, entry } = tree.contentOf(node)!
        const { dataOffset, size } = layers[layer]!.entries[entry]!
        view[node.path] =
          `file ${Buffer.from(tars[layer]!).toString('latin1', dataOffset, dataOffset + size)}`
      }
    }
    return view
  } catch (error) {
    if (error instanceof ImageError) return undefined
    throw error
  }
}

describe('the merged view and an overlay of layers that containerd applied', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-overlay-'))
    await runTool('go', ['build', '-o', join(folder, 'overlay-view'), '.'], {
      cwd: join(import.meta.dirname, 'overlay-view'),
      timeoutMs: 580_000,
    })
  }, 600_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('agree on whatever both take', async () => {
    const next = createNumbers(20_261)
    const images = join(folder, 'images')
    const views = new Map<string, Readonly<Record<string, string>>>()
    for (let number = 0; number < 2_000; number++) {
      const tars = createLayers(next).map(toTar)
      const view = await viewOf(tars)
      if (view === undefined) continue
      const name = String(number)
      views.set(name, view)
      await mkdir(join(images, name), { recursive: true })
      for (const [layer, tar] of tars.entries()) await writeFile(join(images, name, `${layer}.tar`), tar)
    }
    const printed = await runTool('unshare', ['--mount', join(folder, 'overlay-view'), images], {
      timeoutMs: 110_000,
    })
    const seen = JSON.parse(printed) as Record<string, { paths?: Record<string, string>; error?: string }>
    let compared = 0
    for (const [name, view] of views) {
      const { paths = {}, error } = seen[name]!
      if (error !== undefined) continue
      compared++
      expect({ name, view }).toEqual({ name, view: paths })
    }
    expect(compared).toBeGreaterThan(500)
  })
})
