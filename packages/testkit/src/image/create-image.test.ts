import { digestOf, mediaTypes } from '@sallyport/core'
import { openImage } from '@sallyport/image'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import { startRegistry } from '../registry/start-registry.ts'
import { createImage, createImageIndex } from './create-image.ts'
import { pushImage } from './push-image.ts'

const layered = {
  layers: [
    {
      files: {
        etc: { directory: true, mode: 0o750, uid: 1, gid: 2 },
        'etc/hello': 'hello',
        'etc/gone': 'gone',
        'etc/link': { symlink: 'hello' },
        'etc/hard': { hardlink: '/etc/hello' },
        old: { directory: true },
        'old/a': 'a',
        ping: { content: 'x', mode: 0o4755, xattrs: { 'security.capability': new Uint8Array([1, 0, 255]) } },
      },
    },
    {
      files: { old: { directory: true, opaque: true }, 'old/b': 'b' },
      whiteouts: ['/etc/gone'],
      compression: 'zstd',
    },
  ],
  config: { Entrypoint: ['/ping'] },
} as const

describe('createImage', () => {
  it('makes an image whose merged view is what was described', async () => {
    const source = createImage(layered)
    await using image = await openImage(source, source.raw)
    expect(image.layers.map(({ diffId }) => diffId)).toEqual(source.diffIds)
    expect(image.config.config?.Entrypoint).toEqual(['/ping'])
    expect([...image.tree.entries()].map(({ path }) => path).filter((path) => path !== '/')).toEqual([
      '/etc',
      '/etc/hard',
      '/etc/hello',
      '/etc/link',
      '/old',
      '/old/b',
      '/ping',
    ])
    expect(image.tree.get('/etc')).toMatchObject({ mode: 0o750, uid: 1, gid: 2 })
    expect(image.tree.get('/etc/hard')).toMatchObject({ hardlinkTo: '/etc/hello' })
    const ping = image.tree.get('/ping')
    expect(ping?.mode).toBe(0o4755)
    expect([...(ping?.xattrs.get('security.capability') ?? [])]).toEqual([1, 0, 255])
  })

  it('gives the same digests for the same description', () => {
    expect(createImage(layered).raw.descriptor).toEqual(createImage(layered).raw.descriptor)
  })

  it('speaks Docker’s media types when asked', () => {
    const { raw, blobs } = createImage({ docker: true, layers: [{ files: { a: 'a' } }] })
    expect([raw.descriptor.mediaType, ...blobs.map(({ mediaType }) => mediaType)]).toEqual([
      mediaTypes.dockerManifest,
      mediaTypes.dockerConfig,
      mediaTypes.dockerLayerGzip,
    ])
  })
})

describe('pushImage', () => {
  it('pushes an index with its platforms, the tag last', async () => {
    await using registry = await startRegistry()
    await using client = createRegistryClient()
    const index = createImageIndex({
      'linux/amd64': createImage({ layers: [{ files: { a: 'amd64' } }] }),
      'linux/arm64': createImage({ layers: [{ files: { a: 'arm64' } }], platform: 'linux/arm64' }),
    })
    const repository = client.repository(parseReference(`${registry.host}/team/app:1`))
    await pushImage(repository, index, '1')
    expect(registry.resolve('team/app', '1')).toBe(digestOf(index.raw.bytes))
    expect(registry.snapshot()['team/app']?.manifests).toHaveLength(3)
    const puts = registry.requests.filter(({ method, kind }) => method === 'PUT' && kind === 'manifest')
    expect(puts.map(({ isTag }) => isTag)).toEqual([false, false, true])
  })
})
