import { digestOf } from '@sallyport/core'
import type { Script, SeenRequest } from './scripted-server.ts'

/** How a scripted registry takes uploads. */
export interface UploadQuirks {
  /** Start with this content in an upload that is at `/up/0`. */
  readonly left?: Uint8Array | undefined
  /** Status for a body that comes with PUT and is the whole blob. */
  readonly refusesWhole?: number | undefined
  /** Status for each PATCH. */
  readonly refusesPatch?: number | undefined
  readonly maxPatchBytes?: number | undefined
  readonly minChunkBytes?: number | undefined
  /** Appends whatever comes, as docker-registry 2.8 does. */
  readonly ignoresContentRange?: boolean | undefined
  /** `Range` of answers stays at the end of the first chunk, as ECR's does. */
  readonly rangeSticks?: boolean | undefined
  /** Status of the answer to a question for an upload's state; 204 by default. */
  readonly stateStatus?: number | undefined
  /** Status of an accepted PATCH. Default 202. */
  readonly patchStatus?: number | undefined
  /** Name the next place only in the answer to POST. */
  readonly keepsLocation?: boolean | undefined
  /** A full URL, or a path. Default a path. */
  readonly absolute?: boolean | undefined
  /** Cut the connection after this many bytes of the body were taken in; `undefined` goes on as usual. */
  readonly cut?: ((request: SeenRequest, count: number) => number | undefined) | undefined
}

/** A registry of one upload at a time. */
export interface UploadScript {
  readonly script: Script
  /** The content of the blobs that were completed, the newest last. */
  readonly stored: Buffer[]
}

/** A registry that takes uploads, strict where `quirks` says nothing else. */
export function uploadScript(quirks: UploadQuirks = {}): UploadScript {
  const stored: Buffer[] = []
  let content: Buffer | undefined = quirks.left === undefined ? undefined : Buffer.from(quirks.left)
  let state = 0
  let first: number | undefined
  const script: Script = (request, response, count) => {
    const { method, url, headers, body } = request
    const answer = (status: number, fields: Record<string, string> = {}): void =>
      void response.writeHead(status, fields).end()
    const progress = (status: number, moves = true): void => {
      const end = Math.max(0, (quirks.rangeSticks ? (first ?? 0) : (content?.byteLength ?? 0)) - 1)
      const location = `/up/${state}?_state=a%2Bb==&n=${state}`
      answer(status, {
        range: `0-${end}`,
        ...(moves ? { location: `${quirks.absolute ? `http://${headers.host}` : ''}${location}` } : {}),
        ...(quirks.minChunkBytes === undefined
          ? {}
          : { 'oci-chunk-min-length': String(quirks.minChunkBytes) }),
      })
    }
    const fits = (): boolean => {
      const range = headers['content-range']
      if (range === undefined || quirks.ignoresContentRange) return true
      const start = content?.byteLength ?? 0
      return range === `${start}-${start + body.byteLength - 1}`
    }
    if (method === 'HEAD') {
      const has = stored.some((each) => url.endsWith(digestOf(each)))
      return answer(has ? 200 : 404)
    }
    if (method === 'POST') {
      content = Buffer.alloc(0)
      first = undefined
      state++
      return progress(202)
    }
    if (content === undefined || (!quirks.keepsLocation && !url.startsWith(`/up/${state}?`)))
      return answer(404)
    if (method === 'GET') return quirks.stateStatus === undefined ? progress(204) : answer(quirks.stateStatus)
    if (method === 'DELETE') {
      content = undefined
      return answer(204)
    }
    if (method === 'PATCH' && quirks.refusesPatch !== undefined) return answer(quirks.refusesPatch)
    if (method === 'PATCH' && body.byteLength > (quirks.maxPatchBytes ?? Number.POSITIVE_INFINITY))
      return answer(416)
    const whole = method === 'PUT' && content.byteLength === 0 && body.byteLength > 0
    if (whole && quirks.refusesWhole !== undefined) return answer(quirks.refusesWhole)
    if (!fits()) return answer(416)
    const cut = quirks.cut?.(request, count)
    content = Buffer.concat([content, body.subarray(0, cut)])
    first ??= content.byteLength
    if (method === 'PATCH') {
      if (!quirks.keepsLocation) state++
      if (cut !== undefined) return void (state--, response.destroy())
      return progress(quirks.patchStatus ?? 202, !quirks.keepsLocation)
    }
    if (cut !== undefined && body.byteLength > cut) return void response.destroy()
    const right = decodeURIComponent(url).endsWith(`digest=${digestOf(content)}`)
    if (right) stored.push(content)
    content = undefined
    if (cut !== undefined) return void response.destroy()
    return answer(right ? 201 : 400)
  }
  return { script, stored }
}
