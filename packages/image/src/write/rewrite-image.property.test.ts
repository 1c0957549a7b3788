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
import type { NewEntry } from './image-edit.ts'
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

interface ModelEdit {
  readonly remove: ReadonlySet<string>
  readonly replace: ReadonlyMap<string, Uint8Array>
  readonly attributes: ReadonlyMap<string, { readonly mode: number }>
  readonly add: ReadonlyMap<string, NewEntry>
}

function removedModel(
  model: ReadonlyMap<string, ModelNode>,
  remove: ReadonlySet<string>,
): Map<string, ModelNode> {
  const edited = new Map(model)
  for (const path of [...model.keys()].sort().toReversed()) {
    const occupied = [...edited.keys()].some((other) => other.startsWith(`${path}/`))
    if (remove.has(path) && !occupied) edited.delete(path)
  }
  return edited
}

function editedModel(model: ReadonlyMap<string, ModelNode>, edit: ModelEdit): Map<string, ModelNode> {
  const edited = removedModel(model, edit.remove)
  for (const [path, { mode }] of edit.attributes) {
    const node = model.get(path)
    // Nodes of the model are shared like files.
    for (const [other, theirs] of edited) {
      const shares = other === path || (theirs === node && theirs.type === 'file' && !edit.replace.has(path))
      if (shares && (other === path || !edit.replace.has(other))) edited.set(other, { ...theirs, mode })
    }
  }
  for (const [path, bytes] of edit.replace) {
    const node = edited.get(path)
    if (node !== undefined) edited.set(path, { ...node, text: Buffer.from(bytes).toString() })
  }
  const toNode = (entry: NewEntry | undefined): ModelNode => {
    switch (entry?.type) {
      case 'file':
        return {
          type: 'file',
          mode: entry.mode,
          text: entry.content instanceof Uint8Array ? Buffer.from(entry.content).toString() : 'streamed',
        }
      case 'directory':
        return { type: 'directory', mode: entry.mode, text: '' }
      case 'symlink':
        return { type: 'symlink', mode: 0o777, text: entry.linkTarget }
      case 'hardlink':
        return toNode(edit.add.get(entry.linkTo))
      case undefined:
        throw new Error('no entry')
    }
  }
  for (const [path, entry] of edit.add) edited.set(path, toNode(entry))
  return edited
}

/** Entries that fit into a model: for each number one in a directory that is there. */
function additionsFor(
  model: ReadonlyMap<string, ModelNode>,
  numbers: readonly number[],
): Map<string, NewEntry> {
  const added = new Map<string, NewEntry>()
  const owner = { uid: 7, gid: 8, mtime: 1.5 }
  const text = Buffer.from('streamed')
  for (const number of numbers) {
    const directories = [
      ...[...model].flatMap(([path, { type }]) => (type === 'directory' ? [path] : [])),
      ...[...added].flatMap(([path, { type }]) => (type === 'directory' ? [path] : [])),
    ]
    const directory = directories[number % directories.length] ?? '/'
    const name = ['a', 'n', 'é', '\udcff', 'l'.repeat(150)][number % 5] ?? 'n'
    const path = `${directory === '/' ? '' : directory}/${name}`
    if (model.has(path) || added.has(path)) continue
    const file = [...added].find(([, { type }]) => type === 'file')?.[0]
    const content = {
      size: text.length,
      async *open() {
        yield text.subarray(0, 3)
        yield text.subarray(3)
      },
    }
    const kinds: NewEntry[] = [
      { type: 'file', content: Buffer.from(`[added ${path}]`), mode: 0o4711, ...owner },
      { type: 'directory', mode: 0o1777, ...owner },
      { type: 'symlink', linkTarget: '../x', ...owner },
      { type: 'file', content, mode: 0o600, ...owner, xattrs: new Map([['user.a', Buffer.of(0, 0xff)]]) },
      ...(file === undefined ? [] : [{ type: 'hardlink' as const, linkTo: file }]),
    ]
    const kind = kinds[Math.floor(number / 5) % kinds.length]
    if (kind !== undefined) added.set(path, kind)
  }
  return added
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
      changed: fc.array(fc.nat(), { maxLength: 3 }),
      added: fc.array(fc.nat(), { maxLength: 5 }),
      squash: fc.boolean(),
    })
    await fc.assert(fc.asyncProperty(inputs, checkRewrite), {
      numRuns: Number(process.env.PROPERTY_RUNS ?? 60),
    })
    expect(await readdir(directory)).toEqual([])
  }, 240_000)
})

interface RandomRewrite {
  readonly layers: readonly (readonly LayerAction[])[]
  readonly picks: readonly number[]
  readonly replaced: readonly number[]
  readonly changed: readonly number[]
  readonly added: readonly number[]
  readonly squash: boolean
}

async function checkRewrite({
  layers,
  picks,
  replaced,
  changed,
  added,
  squash,
}: RandomRewrite): Promise<void> {
  const model = modelOf(layers)
  const paths = [...model.keys()].filter((path) => path !== '/')
  const pick = (number: number) => paths[number % paths.length]
  const remove = new Set(picks.flatMap((number) => pick(number) ?? []))
  const replace = new Map<string, Uint8Array>()
  for (const path of replaced.flatMap((number) => pick(number) ?? [])) {
    if (model.get(path)?.type === 'file' && !remove.has(path)) replace.set(path, Buffer.from(`[new ${path}]`))
  }
  const afterRemoval = removedModel(model, remove)
  const attributes = new Map<string, { readonly mode: number }>()
  for (const path of changed.flatMap((number) => pick(number) ?? [])) {
    // One mode for all, so that hard links agree.
    if (afterRemoval.has(path) && model.get(path)?.type !== 'symlink') attributes.set(path, { mode: 0o2751 })
  }
  const add = additionsFor(afterRemoval, added)
  const edit = { remove, replace, attributes, add, createdBy: 'test' }
  const options = { directory, squash }
  const { source, raw } = testImage(layers.map(toTar), { compression: 'none' })
  await using image = await openImage(source, raw, { directory })
  await using rewritten = await rewriteImage(image, edit, options)
  await using again = await rewriteImage(image, edit, options)
  expect(again.raw.descriptor.digest).toBe(rewritten.raw.descriptor.digest)
  if (squash) expect(rewritten.manifest.layers).toHaveLength(1)
  await using result = await openImage(rewritten.image, rewritten.raw, { directory })
  const expected = editedModel(model, edit)
  expect(sortedMap(await contents(result))).toEqual(sortedMap(expected))

  const text = await tars(result)
  const visible = new Set([...expected.values()].map((node) => node.text))
  for (const action of layers.flat()) {
    if (action.do === 'file') expect(text.includes(action.token)).toBe(visible.has(action.token))
  }

  await using second = await rewriteImage(
    result,
    { remove: new Set(), replace: new Map(), createdBy: 'x' },
    options,
  )
  expect(second.raw.descriptor.digest).toBe(rewritten.raw.descriptor.digest)
}
