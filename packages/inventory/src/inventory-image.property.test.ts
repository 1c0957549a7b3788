import { createTarWriter, openImage } from '@sallyport/image'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createInventory } from './create-inventory.ts'
import { goProgram } from './golang/build-info.fixture.ts'
import { inventoryImage } from './inventory-image.ts'
import { layeredImage, memoryCache } from './layers.fixture.ts'

/** Folders that readers look at, others, and links between them. */
const folders = [
  'etc',
  'usr/lib',
  'var/lib/dpkg',
  'var/lib/dpkg/info',
  'app/node_modules/a',
  'opt/x.dist-info',
  'bin',
]
const names = ['os-release', 'status', 'tool.list', 'package.json', 'METADATA', 'RECORD', 'run', 'other']
const program = goProgram('go1.26.8', ['path\texample.org/app', 'mod\texample.org/app\tv1.2.3\t'])
const broken = Buffer.concat([program.subarray(0, program.length - 20), Buffer.alloc(20, 0xff)])
const stanza = 'Package: tool\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n'
const contents: readonly (string | Uint8Array)[] = [
  'ID=debian\nVERSION_ID="12"\n',
  stanza,
  `${stanza}\nPackage: broken\n`,
  '/.\n/bin/run\n/etc/other\n',
  '{"name":"a","version":"1.0.0"}',
  '{"name":',
  'Metadata-Version: 2.1\nName: x\nVersion: 2\n',
  program,
  broken,
  '',
]

const path = fc.tuple(fc.constantFrom(...folders), fc.constantFrom(...names)).map((parts) => parts.join('/'))
const anyPath = fc.oneof({ weight: 4, arbitrary: path }, fc.constantFrom(...folders))
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('file' as const),
      path,
      data: fc.constantFrom(...contents),
      mode: fc.constantFrom(0o644, 0o755),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('hardlink' as const), path, mode: fc.constantFrom(0o644, 0o755) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('symlink' as const), path: anyPath, target: anyPath }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('whiteout' as const), path: anyPath }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('opaque' as const), path: fc.constantFrom(...folders) }),
  },
)
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

/** A tar of these actions; `earlier` are files of this layer and those below, for hard links. */
function toTar(actions: readonly Action[], earlier: string[]): Uint8Array {
  const writer = createTarWriter()
  for (const [index, next] of actions.entries()) {
    const slash = next.path.lastIndexOf('/') + 1
    switch (next.do) {
      case 'file':
        writer.add({ type: 'file', path: next.path, data: next.data, mode: next.mode })
        earlier.push(next.path)
        break
      case 'hardlink': {
        const target = earlier.length === 0 ? undefined : earlier[(index * 7) % earlier.length]
        if (target !== undefined && target !== next.path)
          writer.add({ type: 'hardlink', path: next.path, linkPath: target, mode: next.mode })
        break
      }
      case 'symlink':
        writer.add({ type: 'symlink', path: next.path, linkPath: `/${next.target}` })
        break
      case 'whiteout':
        writer.add({ type: 'file', path: `${next.path.slice(0, slash)}.wh.${next.path.slice(slash)}` })
        break
      case 'opaque':
        writer.add({ type: 'file', path: `${next.path}/.wh..wh..opq` })
    }
  }
  return writer.finish()
}

function imageOf(layers: readonly (readonly Action[])[]) {
  const earlier: string[] = []
  return layeredImage(layers.map((actions) => toTar(actions, earlier)))
}

/** What a call gives, an error as its code. */
async function outcomeOf<T>(call: () => Promise<T>): Promise<T | { code: string }> {
  try {
    return await call()
  } catch (error) {
    return { code: (error as { code: string }).code }
  }
}

const layersOf = fc.array(fc.array(action, { minLength: 1, maxLength: 14 }), { minLength: 1, maxLength: 4 })

describe('inventoryImage', () => {
  it('gives exactly what createInventory gives of the open image, read and out of the cache', async () => {
    let inventories = 0
    await fc.assert(
      fc.asyncProperty(layersOf, async (layers) => {
        const { source, raw, read, layers: descriptors } = imageOf(layers)
        const expected = await outcomeOf(async () => {
          await using image = await openImage(source, raw)
          return await createInventory(image)
        })
        const cache = memoryCache()
        expect(await outcomeOf(() => inventoryImage(source, raw, { cache }))).toStrictEqual(expected)
        if ('code' in expected) return
        inventories += 1
        expect(cache.entries.size).toBe(new Set(descriptors.map(({ digest }) => digest)).size)
        read.length = 0
        expect(await inventoryImage(source, raw, { cache })).toStrictEqual(expected)
        expect(read).toEqual([])
      }),
      { numRuns: 120 },
    )
    expect(inventories).toBeGreaterThan(30)
  }, 120_000)
})
