import { digestOf, mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { toRawManifest } from '../manifest/raw-manifest.ts'
import type { ListReferrerEntriesOptions } from '../ports/repository.ts'
import { type Script, startScriptedServer } from '../testing/scripted-server.ts'
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

  it('tells what a list says without a look at the manifests, and that it does not end', async () => {
    const claimed = { ...real.descriptor, artifactType: 'a claim', annotations: { a: 'claim' } }
    let link: Record<string, string> = {}
    await using here = await against(
      serve((url) => ({ body: index(claimed, stranger.descriptor, claimed), headers: { ...link, at: url } })),
    )
    const entry = { digest: real.descriptor.digest, size: real.descriptor.size }
    expect(await here.repository.listReferrerEntries(subject.digest)).toEqual({
      subject: subject.digest,
      entries: [
        { ...entry, artifactType: 'a claim', annotations: { a: 'claim' }, mechanism: 'referrers-api' },
        expect.objectContaining({ digest: stranger.descriptor.digest }),
      ],
      complete: true,
      referrersApi: 'listed',
    })
    expect(here.seen.some(({ url }) => url.endsWith(real.descriptor.digest))).toBe(false)
    link = { link: `</v2/team/app/referrers/${subject.digest}?n=1>; rel="next"` }
    expect(await here.repository.listReferrerEntries(subject.digest)).toMatchObject({ complete: false })
  })

  it('asks for nothing that its caller knows already', async () => {
    await using here = await against(serve(() => ({ body: index(real.descriptor) })))
    const list = toRawManifest(
      Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: mediaTypes.ociIndex,
          manifests: [stranger.descriptor],
        }),
      ),
    )
    const listed = (options: ListReferrerEntriesOptions) =>
      here.repository
        .listReferrerEntries(subject.digest, options)
        .then(({ entries, referrersApi }) => [referrersApi, ...entries.map(({ digest }) => digest)])
    expect(await listed({ findFallback: async () => list })).toEqual([
      'listed',
      real.descriptor.digest,
      stranger.descriptor.digest,
    ])
    expect(here.seen.map(({ url }) => url)).toEqual([`/v2/team/app/referrers/${subject.digest}`])
    expect(await listed({ findFallback: async () => undefined, skipApi: true })).toEqual(['missing'])
    expect(here.seen).toHaveLength(1)
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

  it('takes a login page for no list, also after a redirect to another host', async () => {
    const page = { body: '<html>login</html>', headers: { 'content-type': 'text/html' } }
    await using login = await startScriptedServer(
      (_, response) => void response.writeHead(200, page.headers).end(page.body),
    )
    const redirect = { body: '', status: 302, headers: { location: `http://${login.host}/login` } }
    const answers = [page, redirect]
    await using here = await against(serve(() => answers[0]!))
    for (; answers.length > 0; answers.shift()) {
      expect(await here.repository.discoverReferrers(subject.digest)).toMatchObject({
        referrers: [],
        referrersApi: 'unusable',
      })
    }
    expect(login.seen).toHaveLength(1)
  })

  it('takes a redirect that must not be followed for no list', async () => {
    await using here = await against(
      serve(() => ({ body: '', status: 302, headers: { location: 'ftp://login.example/' } })),
    )
    expect(await here.repository.discoverReferrers(subject.digest)).toMatchObject({
      referrersApi: 'unusable',
    })
  })

  it.each([
    ['fails', { body: '', status: 404 }],
    ['is denied', { body: '', status: 403 }],
    ['is a login page', { body: '<html>login</html>' }],
  ])('refuses a list of which the second page %s', async (_, second) => {
    const script = serve((url) =>
      url.includes('page=')
        ? second
        : { body: index(real.descriptor), headers: { link: `<${url}?page=2>; rel="next"` } },
    )
    await using here = await against(script)
    await expect(here.repository.listReferrers(subject.digest)).rejects.toMatchObject({ name: 'OciError' })
  })

  it('sends no filter, and filters by what the manifests say', async () => {
    const other = sampleReferrer(subject, 'application/vnd.example.other').manifest
    stored.set(other.descriptor.digest, other)
    await using here = await against(
      serve(() => ({
        body: index(
          { ...real.descriptor, artifactType: 'application/vnd.example.other' },
          { ...other.descriptor, artifactType: 'application/vnd.example.sbom', size: 1 },
          { ...real.descriptor, size: 1e15 },
        ),
      })),
    )
    const found = await here.repository.listReferrers(subject.digest, {
      artifactType: 'application/vnd.example.sbom',
    })
    expect(found).toMatchObject([real.descriptor])
    expect(here.seen.filter(({ url }) => url.includes('artifactType'))).toEqual([])
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
