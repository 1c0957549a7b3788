import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Image } from '../image.ts'
import { type LayerAction, layersFrom, type ModelNode, modelOf, toTar } from '../internal/layer-model.ts'
import { testImage } from '../internal/test-image.ts'
import { openImage } from '../open/open-image.ts'
import { OpenedImage } from '../open/opened-image.ts'
import { rewriteImage } from './rewrite-image.ts'

const randomLayers = fc
  .array(fc.array(fc.nat(), { maxLength: 10 }), { minLength: 1, maxLength: 4 })
  .map(layersFrom)

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rewrite-test-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function contents(image: Image): Promise<Map<string, ModelNode>> {
  const found = new Map<string, ModelNode>()
  for (const node of image.tree.entries()) {
    const { path, mode, linkTarget = '' } = node
    const text = node.type === 'file' ? Buffer.from(await image.readFile(node)).toString() : linkTarget
    found.set(path, { type: node.type as ModelNode['type'], mode, text })
  }
  return found
}

async function tars(image: Image): Promise<string> {
  if (!(image instanceof OpenedImage)) throw new Error('not opened here')
  const parts = await Promise.all(image.layers.map(({ tarPath }) => readFile(tarPath, 'utf8')))
  return parts.join('')
}

function editedModel(
  model: ReadonlyMap<string, ModelNode>,
  remove: ReadonlySet<string>,
  replace: ReadonlyMap<string, Uint8Array>,
): Map<string, ModelNode> {
  const edited = new Map(model)
  for (const path of [...model.keys()].sort().toReversed()) {
    const occupied = [...edited.keys()].some((other) => other.startsWith(`${path}/`))
    if (remove.has(path) && !occupied) edited.delete(path)
  }
  for (const [path, bytes] of replace) {
    const node = edited.get(path)
    if (node !== undefined) edited.set(path, { ...node, text: Buffer.from(bytes).toString() })
  }
  return edited
}

const sortedMap = (map: ReadonlyMap<string, ModelNode>) =>
  Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)))

describe('openImage', () => {
  it('shows random layers as the specification says', async () => {
    await fc.assert(
      fc.asyncProperty(randomLayers, async (layers) => {
        const { source, raw } = testImage(layers.map(toTar), { compression: 'none' })
        await using image = await openImage(source, raw, { directory })
        expect(sortedMap(await contents(image))).toEqual(sortedMap(modelOf(layers)))
      }),
      { numRuns: 150 },
    )
  })
})

describe('rewriteImage', () => {
  it('gives exactly what the edit asks for, hides nothing, and is stable', async () => {
    const inputs = fc.record({
      layers: randomLayers,
      picks: fc.array(fc.nat(), { maxLength: 6 }),
      replaced: fc.array(fc.nat(), { maxLength: 2 }),
    })
    await fc.assert(
      fc.asyncProperty(inputs, async ({ layers, picks, replaced }) => {
        await checkRewrite(layers, picks, replaced)
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 60) },
    )
    expect(await readdir(directory)).toEqual([])
  })
})

async function checkRewrite(
  layers: readonly (readonly LayerAction[])[],
  picks: readonly number[],
  replaced: readonly number[],
): Promise<void> {
  const model = modelOf(layers)
  const paths = [...model.keys()].filter((path) => path !== '/')
  const pick = (number: number) => paths[number % paths.length]
  const remove = new Set(picks.flatMap((number) => pick(number) ?? []))
  const replace = new Map<string, Uint8Array>()
  for (const path of replaced.flatMap((number) => pick(number) ?? [])) {
    if (model.get(path)?.type === 'file' && !remove.has(path)) replace.set(path, Buffer.from(`[new ${path}]`))
  }
  const edit = { remove, replace, createdBy: 'test' }
  const { source, raw } = testImage(layers.map(toTar), { compression: 'none' })
  await using image = await openImage(source, raw, { directory })
  await using rewritten = await rewriteImage(image, edit, { directory })
  await using again = await rewriteImage(image, edit, { directory })
  expect(again.raw.descriptor.digest).toBe(rewritten.raw.descriptor.digest)

  await using result = await openImage(rewritten.blobs, rewritten.raw, { directory })
  const expected = editedModel(model, remove, replace)
  expect(sortedMap(await contents(result))).toEqual(sortedMap(expected))

  const text = await tars(result)
  const visible = new Set([...expected.values()].map((node) => node.text))
  for (const action of layers.flat()) {
    if (action.do === 'file') expect(text.includes(action.token)).toBe(visible.has(action.token))
  }

  await using second = await rewriteImage(
    result,
    { remove: new Set(), replace: new Map(), createdBy: 'x' },
    { directory },
  )
  expect(second.raw.descriptor.digest).toBe(rewritten.raw.descriptor.digest)
}
