import { randomUUID } from 'node:crypto'
import { type Digest, digestAlgorithm, isDigest } from '@sallyport/core'
import { RegistryFault } from '../registry-fault.ts'
import type { RegistryResponse } from '../registry-response.ts'
import { isRepositoryName } from '../route-request.ts'
import {
  digestHeader,
  type HandlerInput,
  locationOf,
  methodNotAllowed,
  requireDigest,
  type UploadSession,
} from './registry-context.ts'

/** The push of a blob: POST, PATCH, PUT, GET and DELETE of upload sessions, and mounts. */
export async function handleUpload(input: HandlerInput): Promise<RegistryResponse> {
  const { method } = input.request
  if (input.argument === '') return method === 'POST' ? startUpload(input) : methodNotAllowed(input)

  const session = input.context.uploads.get(input.argument)
  if (!session || session.repository !== input.repository) {
    throw new RegistryFault(404, 'BLOB_UPLOAD_UNKNOWN', 'no such upload')
  }
  const turn = session.busy.then(() => useSession(input, session))
  session.busy = turn.catch(() => undefined)
  return turn
}

function useSession(input: HandlerInput, session: UploadSession): Promise<RegistryResponse> {
  if (!input.context.uploads.has(session.id)) {
    throw new RegistryFault(404, 'BLOB_UPLOAD_UNKNOWN', 'upload has ended')
  }
  switch (input.request.method) {
    case 'GET':
      return Promise.resolve(uploadProgress(input, session, 204))
    case 'PATCH':
      return appendPart(input, session)
    case 'PUT':
      return finishUpload(input, session)
    case 'DELETE':
      return cancelUpload(input, session)
    default:
      return methodNotAllowed(input)
  }
}

async function startUpload(input: HandlerInput): Promise<RegistryResponse> {
  const { request, context, repository } = input
  const mounted = mountBlob(input)
  if (mounted) {
    context.catalogue.require(repository).blobs.set(mounted.digest, mounted.size)
    await context.catalogue.saved(repository)
    return blobCreated(input, mounted.digest)
  }
  const content = await context.storage.create()
  const session: UploadSession = { id: randomUUID(), repository, content, state: 0, busy: Promise.resolve() }
  context.uploads.set(session.id, session)
  if (request.query.has('digest') && context.quirks.singlePostUpload)
    return finishUpload(input, session, true)
  return uploadProgress(input, session, 202)
}

function mountBlob({ request, context }: HandlerInput): { digest: Digest; size: number } | undefined {
  const digest = request.query.get('mount')
  const from = request.query.get('from')
  if (!isDigest(digest) || !context.quirks.mount) return undefined
  if (from !== null && !isRepositoryName(from))
    throw new RegistryFault(400, 'NAME_INVALID', 'from is no name')
  if (from === null && !context.quirks.anonymousMount) return undefined
  const sources = from === null ? context.catalogue.names() : [from]
  for (const source of sources) {
    const size = context.catalogue.get(source)?.blobs.get(digest)
    if (size !== undefined) return { digest, size }
  }
  return undefined
}

async function appendPart(input: HandlerInput, session: UploadSession): Promise<RegistryResponse> {
  const { headers, context } = input
  checkState(input, session)
  checkContentRange(input, session)
  const length = headers['content-length']
  if (length !== undefined && Number(length) > context.quirks.maxPatchBytes) {
    throw new RegistryFault(
      416,
      'BLOB_UPLOAD_INVALID',
      `a part may have ${context.quirks.maxPatchBytes} bytes`,
    )
  }
  await receive(input, session)
  session.state += 1
  return uploadProgress(input, session, 202)
}

async function finishUpload(
  input: HandlerInput,
  session: UploadSession,
  single = false,
): Promise<RegistryResponse> {
  const { request, context, repository } = input
  const digest = requireDigest(request.query.get('digest'))
  if (!single) checkState(input, session)
  checkContentRange(input, session)
  await receive(input, session)
  const actual = await session.content.digest(digestAlgorithm(digest))
  context.uploads.delete(session.id)
  if (actual !== digest) {
    await session.content.discard()
    throw new RegistryFault(400, 'DIGEST_INVALID', `content has digest ${actual}, not ${digest}`)
  }
  const { size } = session.content
  await session.content.commit(digest)
  context.catalogue.require(repository).blobs.set(digest, size)
  await context.catalogue.saved(repository)
  return blobCreated(input, digest)
}

async function cancelUpload({ context }: HandlerInput, session: UploadSession): Promise<RegistryResponse> {
  context.uploads.delete(session.id)
  await session.content.discard()
  return { status: 204, headers: {} }
}

async function receive({ body, context }: HandlerInput, { content }: UploadSession): Promise<void> {
  for await (const chunk of body) {
    if (content.size + chunk.byteLength > context.maxBlobBytes) {
      throw new RegistryFault(413, 'SIZE_INVALID', `a blob may have ${context.maxBlobBytes} bytes`)
    }
    await content.append(chunk)
  }
}

function checkState({ request, context }: HandlerInput, session: UploadSession): void {
  if (context.quirks.checksUploadState && request.query.get('state') !== String(session.state)) {
    throw new RegistryFault(404, 'BLOB_UPLOAD_INVALID', 'not the newest location of this upload')
  }
}

function checkContentRange(input: HandlerInput, session: UploadSession): void {
  const range = input.headers['content-range']
  if (range === undefined) return
  const match = /^(?:bytes )?(\d+)-(\d+)$/.exec(range)
  if (!match) throw new RegistryFault(400, 'BLOB_UPLOAD_INVALID', 'Content-Range is not start-end')
  const [start, end] = [Number(match[1]), Number(match[2])]
  const length = input.headers['content-length']
  if (start !== session.content.size || (length !== undefined && Number(length) !== end - start + 1)) {
    const { headers } = uploadProgress(input, session, 416)
    throw new RegistryFault(416, 'BLOB_UPLOAD_INVALID', 'Content-Range does not continue the upload', {
      headers,
    })
  }
}

function uploadProgress(
  { context, repository }: HandlerInput,
  session: UploadSession,
  status: number,
): RegistryResponse {
  const path = `/v2/${repository}/blobs/uploads/${session.id}?state=${session.state}`
  const { minPatchBytes } = context.quirks
  return {
    status,
    headers: {
      location: locationOf(context, path),
      // An empty upload has no range that the specification could express; 0-0 is what registries answer.
      range: `0-${Math.max(0, session.content.size - 1)}`,
      'docker-upload-uuid': session.id,
      ...(minPatchBytes > 0 ? { 'oci-chunk-min-length': String(minPatchBytes) } : {}),
      'content-length': '0',
    },
  }
}

function blobCreated({ context, repository }: HandlerInput, digest: Digest): RegistryResponse {
  const location = locationOf(context, `/v2/${repository}/blobs/${digest}`)
  return { status: 201, headers: { location, ...digestHeader(context, digest), 'content-length': '0' } }
}
