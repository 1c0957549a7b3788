import { digestOf, mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { type Script } from '../testing/scripted-server.ts'
import { against } from '../testing/against-script.ts'
import { sampleBlob, sampleImage, sampleManifest, sampleReferrer } from '../testing/sample-image.ts'

const { manifest } = sampleImage([10])

describe('listReferrers', () => {
  const subject = manifest.descriptor
  const real = sampleReferrer(subject, 'application/vnd.example.sbom', { a: 'b' }).manifest
  const stranger = sampleReferrer(
    sampleImage([5]).manifest.descriptor,
    'application/vnd.example.sbom',
  ).manifest
  const without = sampleImage([6]).manifest
  const stored = new Map(
    [real, stranger, without, manifest].map((raw) => [raw.descriptor.digest as string, raw]),
  )

  const serve =
    (list: (url: string) => { body: string; headers?: Record<string, string>; status?: number }): Script =>
    ({ url }, response) => {
      const raw = stored.get(url.split('/').at(-1) ?? '')
      if (url.includes('/manifests/')) {
        if (raw === undefined) return void response.writeHead(404).end()
        return void response.writeHead(200, { 'content-type': raw.descriptor.mediaType }).end(raw.bytes)
      }
      const { body, headers = {}, status = 200 } = list(url)
      response.writeHead(status, { 'content-type': mediaTypes.ociIndex, ...headers }).end(body)
    }
  const index = (...entries: object[]): string => JSON.stringify({ schemaVersion: 2, manifests: entries })

  it('leaves out what only the list says', async () => {
    const missing = { ...real.descriptor, digest: digestOf('missing') }
    const script = serve(() => ({
      body: index(
        { ...real.descriptor, artifactType: 'a lie', annotations: { a: 'lie' } },
        stranger.descriptor,
        without.descriptor,
        manifest.descriptor,
        missing,
        { digest: 'sha256:short' },
        'no object' as never,
      ),
    }))
    await using here = await against(script)
    expect(await here.repository.listReferrers(subject.digest)).toEqual([
      {
        ...real.descriptor,
        artifactType: 'application/vnd.example.sbom',
        annotations: expect.objectContaining({ a: 'b' }),
      },
    ])
  })

  it('follows pages, and ends a list that does not', async () => {
    let endless = false
    const script = serve((url) => {
      const page = Number(new URL(url, 'http://x').searchParams.get('page') ?? 0)
      const headers =
        endless || page < 2 ? { link: `<${url.split('?')[0]}?page=${page + 1}>; rel="next"` } : undefined
      return {
        body: index(...(page === 2 ? [real.descriptor] : [])),
        ...(headers === undefined ? {} : { headers }),
      }
    })
    await using here = await against(script)
    expect(await here.repository.listReferrers(subject.digest)).toHaveLength(1)
    endless = true
    await expect(here.repository.listReferrers(subject.digest)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })

  it('takes a login page for no list', async () => {
    await using here = await against(
      serve(() => ({ body: '<html>login</html>', headers: { 'content-type': 'text/html' } })),
    )
    expect(await here.repository.listReferrers(subject.digest)).toEqual([])
  })

  it.each([500, 503])('does not take status %d for an empty list', async (status) => {
    await using here = await against(serve(() => ({ body: '', status })))
    await expect(here.repository.listReferrers(subject.digest)).rejects.toMatchObject({ status })
  })

  it('refuses a list of more entries than can be looked at', async () => {
    const entries = Array.from({ length: 10_001 }, (_, at) => ({
      ...real.descriptor,
      digest: digestOf(String(at)),
    }))
    await using here = await against(serve(() => ({ body: index(...entries) })))
    await expect(here.repository.listReferrers(subject.digest)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })

  it('takes the type of the config where the manifest names none', async () => {
    const old = sampleManifest({
      config: { ...sampleBlob('{}').blob, mediaType: 'application/vnd.example.config' },
      layers: [],
      subject,
    })
    stored.set(old.descriptor.digest, old)
    await using here = await against(serve(() => ({ body: index(old.descriptor) })))
    expect(await here.repository.listReferrers(subject.digest)).toMatchObject([
      { artifactType: 'application/vnd.example.config' },
    ])
  })
})
