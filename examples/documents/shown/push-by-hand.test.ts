import { createHash } from 'node:crypto'
import { startRegistry } from '@sallyport/testkit'
import { expect, it } from 'vitest'

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

it('pushes an image', async () => {
  await using registry = await startRegistry()

  // Any client will do: docker, crane, oras, yours. Here the two requests of a push by hand.
  const config = '{}'
  const blob = `${registry.url}/v2/team/app/blobs/uploads/?digest=${digestOf(config)}`
  expect((await fetch(blob, { method: 'POST', body: config })).status).toBe(201)
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(config), size: 2 },
    layers: [],
  })
  const tag = `${registry.url}/v2/team/app/manifests/1.0`
  await fetch(tag, { method: 'PUT', body: manifest, headers: { 'content-type': mediaType } })

  expect(registry.resolve('team/app', '1.0')).toBe(digestOf(manifest))
  expect(registry.requests.map(({ method, kind, status }) => `${method} ${kind} ${status}`)).toEqual([
    'POST upload 201',
    'PUT manifest 201',
  ])
})
