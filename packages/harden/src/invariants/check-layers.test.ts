import { openImage } from '@sallyport/image'
import { createImage } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { findLayerEntries } from './check-layers.ts'

describe('findLayerEntries', () => {
  it.each(['gzip', 'zstd', 'none'] as const)(
    'finds what a later layer hides, in layers of %s',
    async (compression) => {
      const source = createImage({
        layers: [
          {
            compression,
            files: { '/bin': { symlink: 'usr/bin' }, '/usr/bin/tool': 'x', '/usr/bin/other': 'y' },
          },
          { compression, files: { '/usr/bin/other': 'newer' } },
          { compression, whiteouts: ['/usr/bin/tool'] },
        ],
      })
      await using image = await openImage(source, source.raw)
      const find = async (...paths: string[]) =>
        (
          await findLayerEntries(
            image,
            image.tree,
            { removed: new Set(paths), changed: new Set() },
            undefined,
          )
        ).map(({ message }) => message)
      expect(await find('/usr/bin/tool')).toEqual(['/usr/bin/tool is in layer 0'])
      expect(await find('/usr/bin/other')).toEqual([
        '/usr/bin/other is in layer 0',
        '/usr/bin/other is in layer 1',
      ])
      expect(await find('/usr/bin/none')).toEqual([])
    },
  )

  it('rejects when it is cancelled', async () => {
    const source = createImage({ layers: [{ files: { '/a': 'x' } }] })
    await using image = await openImage(source, source.raw)
    const reason = new Error('enough')
    await expect(
      findLayerEntries(
        image,
        image.tree,
        { removed: new Set(['/a']), changed: new Set() },
        AbortSignal.abort(reason),
      ),
    ).rejects.toBe(reason)
  })
})
