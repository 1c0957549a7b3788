import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { verifiedContent } from '../blob/verified-content.ts'
import { against } from '../testing/against-script.ts'
import { sampleBlob, streamOf } from '../testing/sample-image.ts'
import type { SeenRequest } from '../testing/scripted-server.ts'
import { uploadScript } from '../testing/upload-script.ts'
import type { RegistryBlobOptions } from './write-blob.ts'

const kib = 1024
const { blob, bytes } = sampleBlob(randomBytes(1000 * kib))
/** Content in pieces that fit no chunk. */
const again = verifiedContent(blob, () => pieces(bytes))
const chunked: RegistryBlobOptions = { uploads: { mode: 'chunked', chunkBytes: 300 * kib } }

async function* pieces(content: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < content.byteLength; at += 70_001) yield content.subarray(at, at + 70_001)
}

function methods(seen: readonly SeenRequest[]): string {
  return seen.map(({ method }) => method).join(' ')
}

function ranges(seen: readonly SeenRequest[]): (string | undefined)[] {
  return seen.filter(({ method }) => method === 'PATCH').map(({ headers }) => headers['content-range'])
}

const whole = 1000 * kib
const cutsOf = (method: string, ...kept: readonly (number | undefined)[]) => {
  let count = 0
  return (request: SeenRequest): number | undefined => (request.method === method ? kept[count++] : undefined)
}

describe('an upload in chunks', () => {
  it.each([
    ['paths', { absolute: false }],
    ['full URLs', { absolute: true }],
    ['only one place for all', { keepsLocation: true }],
    ['201 to the first chunk and a range that stays there', { rangeSticks: true, patchStatus: 201 }],
    ['no care for ranges', { ignoresContentRange: true }],
  ])('sends each byte once, in order, to a registry that gives %s', async (_, quirks) => {
    const registry = uploadScript(quirks)
    await using here = await against(registry.script)
    expect(await here.repository.putBlob(blob, again, chunked)).toBe('uploaded')
    expect(methods(here.seen)).toBe('HEAD POST PATCH PATCH PATCH PATCH PUT')
    expect(ranges(here.seen)).toEqual(['0-307199', '307200-614399', '614400-921599', '921600-1023999'])
    expect(here.seen.at(-1)?.body.byteLength).toBe(0)
    expect(registry.stored).toEqual([Buffer.from(bytes)])
  })

  it('sends the last chunk with the end where the rules say so', async () => {
    const registry = uploadScript()
    await using here = await against(registry.script, { uploads: { ...chunked.uploads, lastChunk: 'put' } })
    await here.repository.write(blob, again)
    expect(methods(here.seen)).toBe('HEAD POST PATCH PATCH PATCH PUT')
    expect(here.seen.at(-1)?.headers).toMatchObject({
      'content-range': '921600-1023999',
      'content-length': '102400',
    })
    expect(registry.stored).toEqual([Buffer.from(bytes)])
  })

  it('takes the chunk length that the registry asks for', async () => {
    const registry = uploadScript({ minChunkBytes: 400 * kib })
    await using here = await against(registry.script)
    await here.repository.write(blob, again, chunked)
    expect(ranges(here.seen)).toEqual(['0-409599', '409600-819199', '819200-1023999'])
  })

  it('refuses to hold chunks as long as a registry likes', async () => {
    const registry = uploadScript({ minChunkBytes: 65 * kib * kib })
    await using here = await against(registry.script)
    await expect(here.repository.write(blob, again, chunked)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
    expect(methods(here.seen)).toBe('HEAD POST DELETE')
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses chunks of %s bytes', async (chunkBytes) => {
    await using here = await against(uploadScript().script)
    const uploads = { mode: 'chunked', chunkBytes } as const
    await expect(here.repository.write(blob, again, { uploads })).rejects.toThrow(RangeError)
    expect(here.seen).toEqual([])
  })

  it('sends shorter chunks where 416 means that they are too long, and remembers it', async () => {
    const registry = uploadScript({ maxPatchBytes: 160 * kib })
    await using here = await against(registry.script)
    await here.repository.write(blob, again, chunked)
    expect(ranges(here.seen).slice(0, 3)).toEqual(['0-307199', '0-153599', '153600-307199'])
    expect(registry.stored).toEqual([Buffer.from(bytes)])
    const before = here.seen.length
    const other = sampleBlob(randomBytes(200 * kib))
    await here.repository.write(other.blob, streamOf(other.bytes), chunked)
    expect(ranges(here.seen.slice(before))).toEqual(['0-153599', '153600-204799'])
  })

  it('gives up when the registry refuses even a short chunk', async () => {
    const registry = uploadScript({ maxPatchBytes: 10 })
    await using here = await against(registry.script)
    await expect(here.repository.write(blob, again, chunked)).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      status: 416,
    })
    expect(here.seen.length).toBeLessThan(12)
  })

  it.each([
    ['arrived though its answer was lost', 300 * kib, ['0-307199', '307200-614399']],
    ['arrived in part', 100 * kib, ['0-307199', '307200-614399']],
    ['did not arrive', 0, ['0-307199', '307200-614399', '307200-460799', '460800-614399']],
  ])('asks before it goes on after a chunk that %s', async (_, kept) => {
    // docker-registry appends whatever comes: a byte sent twice would be there twice.
    const registry = uploadScript({ ignoresContentRange: true, cut: cutsOf('PATCH', undefined, kept) })
    await using here = await against(registry.script)
    // Once only: the held chunk is enough.
    expect(await here.repository.putBlob(blob, streamOf(bytes), chunked)).toBe('uploaded')
    expect(registry.stored).toEqual([Buffer.from(bytes)])
    expect(methods(here.seen.slice(0, 6))).toBe('HEAD POST PATCH PATCH GET PATCH')
    const sent = here.seen.reduce((sum, { body }) => sum + body.byteLength, 0)
    expect(sent).toBe(whole + 300 * kib - kept)
  })

  it('begins again where the registry has lost the upload', async () => {
    const registry = uploadScript({ stateStatus: 404, cut: cutsOf('PATCH', undefined, 5) })
    await using here = await against(registry.script)
    await here.repository.write(blob, again, chunked)
    expect(registry.stored).toEqual([Buffer.from(bytes)])
    expect(methods(here.seen.slice(0, 8))).toBe('HEAD POST PATCH PATCH GET HEAD DELETE POST')
  })

  it('does not begin again with content that is gone', async () => {
    const registry = uploadScript({ stateStatus: 404, cut: cutsOf('PATCH', undefined, 5) })
    await using here = await against(registry.script)
    await expect(here.repository.write(blob, streamOf(bytes), chunked)).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
    })
    expect(methods(here.seen)).toBe('HEAD POST PATCH PATCH GET DELETE')
  })

  it('finds the blob when only the answer to the last request was lost', async () => {
    const registry = uploadScript({ cut: cutsOf('PUT', 0) })
    await using here = await against(registry.script)
    expect(await here.repository.putBlob(blob, again, chunked)).toBe('uploaded')
    expect(registry.stored).toHaveLength(1)
  })

  it('renews an expired token and goes on', async () => {
    const registry = uploadScript()
    let token = 1
    await using here = await against((request, response, count) => {
      if (request.url.startsWith('/token'))
        return void response.end(JSON.stringify({ token: `t${token}`, expires_in: 3600 }))
      if (request.headers.authorization !== `Bearer t${token}`) {
        const realm = `Bearer realm="http://${request.headers.host}/token",service="s"`
        return void response.writeHead(401, { 'www-authenticate': realm }).end()
      }
      if (ranges(here.seen).length === 2) token = 2
      return registry.script(request, response, count)
    })
    await here.repository.write(blob, streamOf(bytes), chunked)
    expect(token).toBe(2)
    expect(registry.stored).toEqual([Buffer.from(bytes)])
  })

  it.each([
    ['always one byte further back', (_: number, at: number) => Math.max(0, at - 2)],
    ['beyond the end', () => whole * 2],
    ['at a chunk’s beginning and never further', (_: number, at: number) => at],
    ['somewhere', (count: number) => (count * 7919) % whole],
  ])('ends with an error when a registry refuses each chunk and says it is %s', async (_, say) => {
    await using here = await against(({ method }, response, count) => {
      if (method === 'HEAD') return void response.writeHead(404).end()
      if (method === 'POST') return void response.writeHead(202, { location: '/up/1' }).end()
      if (method !== 'GET') return void response.writeHead(method === 'PATCH' ? 416 : 204).end()
      const at = Number(
        /^\d+/.exec(
          here.seen.findLast(({ method: m }) => m === 'PATCH')?.headers['content-range'] ?? '',
        )?.[0],
      )
      response.writeHead(204, { range: `0-${say(count, at)}` }).end()
    })
    await expect(here.repository.write(blob, again, chunked)).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      status: 416,
    })
    expect(here.seen.length).toBeLessThan(60)
  })
})

describe('an upload in one request', () => {
  it('goes on in chunks with what the registry kept of a cut one', async () => {
    const registry = uploadScript({ cut: cutsOf('PUT', 400 * kib) })
    await using here = await against(registry.script, { uploads: { chunkBytes: 300 * kib } })
    expect(await here.repository.putBlob(blob, again)).toBe('uploaded')
    expect(methods(here.seen)).toBe('HEAD POST PUT GET PATCH PATCH PUT')
    expect(ranges(here.seen)).toEqual(['409600-716799', '716800-1023999'])
    expect(registry.stored).toEqual([Buffer.from(bytes)])
  })

  it('begins again when what the registry kept is not the beginning of the content', async () => {
    const registry = uploadScript({ cut: cutsOf('PUT', 400 * kib) })
    await using here = await against((request, response, count) => {
      const first = request.method === 'PUT' && count === 2
      return registry.script(first ? { ...request, body: randomBytes(whole) } : request, response, count)
    })
    await here.repository.write(blob, again)
    expect(registry.stored).toEqual([Buffer.from(bytes)])
    expect(methods(here.seen)).toBe('HEAD POST PUT GET PATCH PUT DELETE POST PUT')
  })

  it('finds the blob when only the answer was lost', async () => {
    const registry = uploadScript({ cut: cutsOf('PUT', whole) })
    await using here = await against(registry.script)
    expect(await here.repository.putBlob(blob, again)).toBe('uploaded')
    expect(methods(here.seen)).toBe('HEAD POST PUT GET HEAD')
  })

  it.each([405, 411, 413, 415, 416, 501])(
    'becomes one in chunks after status %s, and so does the next blob at once',
    async (refusesWhole) => {
      const registry = uploadScript({ refusesWhole })
      await using here = await against(registry.script)
      await here.repository.write(blob, again)
      const other = sampleBlob(randomBytes(1000))
      const before = here.seen.length
      await here.repository.write(other.blob, streamOf(other.bytes))
      expect(methods(here.seen.slice(before))).toBe('HEAD POST PATCH PUT')
      expect(registry.stored).toEqual([Buffer.from(bytes), Buffer.from(other.bytes)])
    },
  )

  it('is remembered as refused even if the content is gone by then', async () => {
    const registry = uploadScript({ refusesWhole: 413 })
    await using here = await against(registry.script)
    await expect(here.repository.write(blob, streamOf(bytes))).rejects.toMatchObject({ status: 413 })
    await here.repository.write(blob, streamOf(bytes))
    expect(registry.stored).toHaveLength(1)
  })

  it('becomes one in chunks after two cuts', async () => {
    const registry = uploadScript({ cut: cutsOf('PUT', 0, 0) })
    await using here = await against(registry.script)
    await here.repository.write(blob, again)
    expect(methods(here.seen)).toBe('HEAD POST PUT GET DELETE POST PUT GET DELETE POST PATCH PUT')
  })

  it('stays one where the registry takes no chunks', async () => {
    const registry = uploadScript({ refusesPatch: 405, cut: cutsOf('PUT', 0, 0, 100 * kib) })
    await using here = await against(registry.script)
    await here.repository.write(blob, again)
    expect(methods(here.seen.slice(9))).toBe('POST PATCH DELETE POST PUT GET DELETE POST PUT')
    expect(registry.stored).toHaveLength(1)
  })

  it('is an error where the registry takes neither', async () => {
    const registry = uploadScript({ refusesPatch: 405, refusesWhole: 413 })
    await using here = await against(registry.script)
    await expect(here.repository.write(blob, again)).rejects.toMatchObject({ status: 413 })
    expect(here.seen.length).toBeLessThan(15)
  })

  it('is not changed where the rules say that it is one', async () => {
    const registry = uploadScript({ refusesWhole: 413 })
    await using here = await against(registry.script)
    await expect(here.repository.write(blob, again, { uploads: { mode: 'whole' } })).rejects.toMatchObject({
      status: 413,
    })
    expect(methods(here.seen)).toBe('HEAD POST PUT DELETE')
  })

  it('takes an empty blob', async () => {
    const registry = uploadScript()
    await using here = await against(registry.script)
    const empty = sampleBlob('')
    for (const options of [{}, chunked]) {
      await here.repository.write(empty.blob, streamOf(), options)
      registry.stored.pop()
    }
    expect(methods(here.seen)).toBe('HEAD POST PUT HEAD POST PUT')
  })
})

describe('the requests for a blob', () => {
  it.each<[string, { mount?: number; existing?: boolean }, string, string]>([
    ['that is new', {}, 'HEAD POST PUT', 'uploaded'],
    ['that is there', { existing: true }, 'HEAD', 'existing'],
    ['that can be mounted', { mount: 201 }, 'POST', 'mounted'],
    ['whose mount became an upload', { mount: 202 }, 'POST HEAD PUT', 'uploaded'],
    ['whose mount became an upload in vain', { mount: 202, existing: true }, 'POST HEAD DELETE', 'existing'],
    ['whose mount is refused', { mount: 403 }, 'POST HEAD POST PUT', 'uploaded'],
    ['whose mount is refused though it is there', { mount: 405, existing: true }, 'POST HEAD', 'existing'],
  ])('%s', async (_, { mount, existing = false }, expected, outcome) => {
    await using here = await against(({ method, url }, response) => {
      const fields = { location: url.includes('mount=') ? '/up/mount' : '/up/1' }
      if (url.includes('mount=')) return void response.writeHead(mount!, fields).end()
      if (method === 'HEAD') return void response.writeHead(existing ? 200 : 404).end()
      response.writeHead(method === 'POST' ? 202 : 201, fields).end()
    })
    const options = mount === undefined ? {} : { mountFrom: 'team/base' }
    expect(await here.repository.putBlob(blob, streamOf(bytes), options)).toBe(outcome)
    expect(methods(here.seen)).toBe(expected)
    if (mount !== undefined) {
      expect(here.seen[0]?.url).toBe(`/v2/team/app/blobs/uploads/?mount=${blob.digest}&from=team%2Fbase`)
    }
    if (mount === 202) expect(here.seen[2]?.url).toContain('/up/mount')
  })

  it('are ended with the upload that a mount began when looking for the blob fails', async () => {
    await using here = await against(({ method }, response) => {
      response.writeHead(method === 'HEAD' ? 403 : method === 'POST' ? 202 : 204, { location: '/up/1' }).end()
    })
    await expect(here.repository.putBlob(blob, again, { mountFrom: 'team/base' })).rejects.toMatchObject({
      code: 'DENIED',
    })
    expect(methods(here.seen)).toBe('POST HEAD DELETE')
  })
})
