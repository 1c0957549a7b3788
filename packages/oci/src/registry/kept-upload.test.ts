import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { verifiedContent } from '../blob/verified-content.ts'
import type { UploadState, UploadStateStore } from '../ports/upload-state-store.ts'
import { against } from '../testing/against-script.ts'
import { sampleBlob, streamOf } from '../testing/sample-image.ts'
import type { SeenRequest } from '../testing/scripted-server.ts'
import { uploadScript } from '../testing/upload-script.ts'

const kib = 1024
const { blob, bytes } = sampleBlob(randomBytes(500 * kib))
const again = verifiedContent(blob, () => streamOf(bytes))
const chunked = { mode: 'chunked', chunkBytes: 200 * kib } as const

/** A store that holds one state and tells what was done with it. */
function oneState(
  state?: UploadState,
): UploadStateStore & { state: UploadState | undefined; saved: number[] } {
  return {
    state,
    saved: [],
    async load() {
      return this.state
    },
    async save(_, next) {
      this.saved.push(next.offset)
      this.state = next
    },
    async delete() {
      this.state = undefined
    },
  }
}

function summary(seen: readonly SeenRequest[]): string {
  return seen.map(({ method }) => method).join(' ')
}

describe('an upload whose state is kept', () => {
  it('saves its state after each chunk and leaves none when it is done', async () => {
    await using here = await against(uploadScript().script)
    const store = oneState()
    await here.repository.write(blob, again, { uploads: chunked, uploadState: store })
    expect(store.saved).toEqual([0, 200 * kib, 400 * kib, 500 * kib])
    expect(store.state).toBeUndefined()
  })

  it.each([
    ['an abort', (abort: AbortController) => abort.abort(new Error('enough')), 'enough'],
    ['a failure of the source', () => Promise.reject(new Error('on fire')), 'on fire'],
  ])('stays at the registry after %s, and the next call sends the rest', async (_, fail, message) => {
    const registry = uploadScript()
    await using here = await against(registry.script)
    const store = oneState()
    const abort = new AbortController()
    const failing = async function* () {
      for (let at = 0; at < 450; at += 50) yield bytes.subarray(at * kib, (at + 50) * kib)
      await fail(abort)
      yield bytes.subarray(450 * kib)
    }
    const options = { uploads: chunked, uploadState: store }
    await expect(
      here.repository.write(blob, failing(), { ...options, signal: abort.signal }),
    ).rejects.toThrow(message)
    expect(summary(here.seen)).not.toContain('DELETE')
    const arrived = store.state?.offset ?? 0
    expect(arrived).toBeGreaterThanOrEqual(200 * kib)

    const before = here.seen.length
    expect(await here.repository.putBlob(blob, streamOf(bytes), options)).toBe('uploaded')
    const next = here.seen.slice(before)
    expect(summary(next)).toMatch(/^GET (PATCH )+PUT$/)
    expect(next.reduce((sum, { body }) => sum + body.byteLength, 0)).toBe(bytes.byteLength - arrived)
    expect(registry.stored).toEqual([Buffer.from(bytes)])
    expect(store.state).toBeUndefined()
  })

  it.each([
    ['without a store when it is aborted', false, 'abort'],
    ['when its content was wrong', true, 'wrong'],
    ['when the registry refuses it for good', true, 'refused'],
  ])('is deleted %s', async (_, keeps, how) => {
    const registry = uploadScript(how === 'refused' ? { refusesPatch: 403 } : {})
    await using here = await against((request, response, count) =>
      how === 'refused' && request.method === 'PATCH'
        ? void response.writeHead(400).end()
        : registry.script(request, response, count),
    )
    const store = oneState()
    const abort = new AbortController()
    const content = async function* () {
      yield bytes.subarray(0, 300 * kib)
      if (how === 'abort') abort.abort(new Error('enough'))
      yield how === 'wrong' ? randomBytes(200 * kib) : bytes.subarray(300 * kib)
    }
    await expect(
      here.repository.write(blob, content(), {
        uploads: chunked,
        signal: abort.signal,
        uploadState: keeps ? store : undefined,
      }),
    ).rejects.toThrow()
    expect(here.seen.at(-1)?.method).toBe('DELETE')
    expect(store.state).toBeUndefined()
  })

  it.each([
    ['is gone', '/up/7', 'GET HEAD POST PUT'],
    ['is no place for an upload', 'http://169.254.169.254/up', 'HEAD POST PUT'],
    ['is no URL', 'up', 'HEAD POST PUT'],
    ['has other bytes than the content', '/up/0?n=0', 'GET PATCH PUT DELETE POST PUT'],
  ])('begins again when what was kept %s', async (_, place, expected) => {
    const registry = uploadScript({ left: randomBytes(1000) })
    await using here = await against(registry.script)
    const location = place.startsWith('/') ? `http://${here.host}${place}` : place
    const store = oneState({ location, offset: 1000, minChunkBytes: 0 })
    expect(await here.repository.putBlob(blob, again, { uploadState: store })).toBe('uploaded')
    expect(summary(here.seen)).toBe(expected)
    expect(registry.stored).toEqual([Buffer.from(bytes)])
    expect(store.state).toBeUndefined()
  })

  it('gives way to a new one where the registry fails over it', async () => {
    const registry = uploadScript()
    await using here = await against((request, response, count) =>
      request.method === 'GET'
        ? void response.writeHead(500).end()
        : registry.script(request, response, count),
    )
    const store = oneState({ location: `http://${here.host}/up/7`, offset: 0, minChunkBytes: 0 })
    await here.repository.write(blob, again, { uploadState: store })
    expect(summary(here.seen)).toMatch(/^(GET )+HEAD POST PUT$/)
    expect(store.state).toBeUndefined()
  })

  it('is given up when the registry has more of it than there is', async () => {
    const registry = uploadScript({ left: randomBytes(501 * kib) })
    await using here = await against(registry.script)
    const store = oneState({ location: `http://${here.host}/up/0?n=0`, offset: 1000, minChunkBytes: 0 })
    await here.repository.write(blob, again, { uploadState: store })
    expect(summary(here.seen)).toBe('GET DELETE HEAD POST PUT')
  })

  it('ends where only its last request was missing', async () => {
    const registry = uploadScript({ left: bytes })
    await using here = await against(registry.script)
    const store = oneState({ location: `http://${here.host}/up/0?n=0`, offset: 0, minChunkBytes: 0 })
    await here.repository.write(blob, streamOf(bytes), { uploadState: store })
    expect(summary(here.seen)).toBe('GET PUT')
    expect(registry.stored).toEqual([Buffer.from(bytes)])
  })

  it('does not end with a content that is another one, though the registry has the right bytes', async () => {
    const registry = uploadScript({ left: bytes })
    await using here = await against(registry.script)
    const store = oneState({ location: `http://${here.host}/up/0?n=0`, offset: 0, minChunkBytes: 0 })
    await expect(
      here.repository.write(blob, streamOf(randomBytes(bytes.byteLength)), { uploadState: store }),
    ).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(registry.stored).toEqual([])
  })

  it('is found complete when the process ended before it could delete the state', async () => {
    await using here = await against(({ method }, response) => {
      response.writeHead(method === 'HEAD' ? 200 : 404).end()
    })
    const store = oneState({ location: `http://${here.host}/up/1`, offset: 0, minChunkBytes: 0 })
    expect(await here.repository.putBlob(blob, again, { uploadState: store })).toBe('existing')
    expect(summary(here.seen)).toBe('GET HEAD')
    expect(store.state).toBeUndefined()
  })

  it('keeps its state when the registry can’t be reached, and tells nothing of the place', async () => {
    const store = oneState()
    await using here = await against(({ method, url }, response) => {
      if (method === 'HEAD') return void response.writeHead(404).end()
      if (method === 'POST') {
        return void response.writeHead(202, { location: '/up/1?X-Signature=verysecretsignature' }).end()
      }
      response.writeHead(503).end(`can't do ${url}`)
    })
    const error: unknown = await here.repository
      .write(blob, again, { uploadState: store })
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'REGISTRY_ERROR', status: 503 })
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('verysecret')
    expect(store.state?.location).toContain('verysecretsignature')
    expect(summary(here.seen)).not.toContain('DELETE')
  })
})
