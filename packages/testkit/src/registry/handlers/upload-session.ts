import { RegistryFault } from '../registry-fault.ts'
import type { RegistryResponse } from '../registry-response.ts'
import { type HandlerInput, locationOf, type UploadSession } from './registry-context.ts'

/** Takes the request's body into the session. */
export async function receive({ body, context }: HandlerInput, session: UploadSession): Promise<void> {
  const { content, parts } = session
  const before = content.size
  try {
    for await (const chunk of body) {
      if (content.size + chunk.byteLength > context.maxBlobBytes) {
        throw new RegistryFault(413, 'SIZE_INVALID', `a blob may have ${context.maxBlobBytes} bytes`)
      }
      await content.append(chunk)
    }
  } finally {
    if (content.size > before) parts.push(content.size - before)
  }
}

/** Refuses a location that is not the newest of its upload. */
export function checkState({ request, context }: HandlerInput, session: UploadSession): void {
  if (context.quirks.checksUploadState && request.query.get('state') !== String(session.state)) {
    throw new RegistryFault(404, 'BLOB_UPLOAD_INVALID', 'not the newest location of this upload')
  }
}

/** Refuses a part that does not continue the upload (OCI distribution specification, "Pushing a blob in chunks"). */
export function checkContentRange(input: HandlerInput, session: UploadSession): void {
  const { headers, context } = input
  const { strictContentRange, ignoresContentRange } = context.quirks
  const range = headers['content-range']
  if (range === undefined || ignoresContentRange) return
  const match = (strictContentRange ? /^(\d+)-(\d+)$/ : /^(?:bytes )?(\d+)-(\d+)$/).exec(range)
  if (!match) throw new RegistryFault(400, 'BLOB_UPLOAD_INVALID', 'Content-Range is not start-end')
  const length = headers['content-length']
  if (strictContentRange && length === undefined) {
    throw new RegistryFault(400, 'SIZE_INVALID', 'a part needs a Content-Length')
  }
  const [start, end] = [Number(match[1]), Number(match[2])]
  if (start !== session.content.size || (length !== undefined && Number(length) !== end - start + 1)) {
    const progress = uploadProgress(input, session, 416).headers as Readonly<Record<string, string>>
    throw new RegistryFault(416, 'BLOB_UPLOAD_INVALID', 'Content-Range does not continue the upload', {
      headers: progress,
    })
  }
}

/** Refuses a further part where the registry takes one only, or where the part before was too small to be followed. */
export function checkParts({ context }: HandlerInput, { parts }: UploadSession): void {
  const { chunkedUpload, minPatchBytes } = context.quirks
  const previous = parts.at(-1)
  if (previous === undefined) return
  if (!chunkedUpload) throw new RegistryFault(400, 'BLOB_UPLOAD_INVALID', 'chunked uploads are not supported')
  if (previous < minPatchBytes) {
    const message = `every part but the last must have ${minPatchBytes} bytes`
    throw new RegistryFault(400, 'BLOB_UPLOAD_INVALID', message)
  }
}

/** Where an upload goes on and how far it is. */
export function uploadProgress(
  { context, repository }: HandlerInput,
  session: UploadSession,
  status: number,
): RegistryResponse {
  const path = `/v2/${repository}/blobs/uploads/${session.id}?state=${session.state}`
  const { minPatchBytes, announcesMinPatchBytes, stickyUploadRange } = context.quirks
  const received = stickyUploadRange ? (session.parts[0] ?? 0) : session.content.size
  return {
    status,
    headers: {
      location: locationOf(context, path),
      // An empty upload has no range that the specification could express; 0-0 is what registries answer.
      range: `0-${Math.max(0, received - 1)}`,
      'docker-upload-uuid': session.id,
      ...(minPatchBytes > 0 && announcesMinPatchBytes
        ? { 'oci-chunk-min-length': String(minPatchBytes) }
        : {}),
      'content-length': '0',
    },
  }
}
