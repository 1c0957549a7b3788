import { randomUUID } from 'node:crypto'
import { type Digest, digestAlgorithm } from '@sallyport/core'
import { RegistryFault } from '../registry-fault.ts'
import type { RegistryResponse } from '../registry-response.ts'
import { blobCreated } from './blob-created.ts'
import { mountBlob } from './mount-blob.ts'
import { type HandlerInput, methodNotAllowed, requireDigest, type UploadSession } from './registry-context.ts'
import { checkContentRange, checkParts, checkState, receive, uploadProgress } from './upload-session.ts'

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
    case 'HEAD':
      return uploadStatus(input, session)
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
  const algorithm = request.query.get('digest-algorithm')
  if (algorithm !== null && algorithm !== 'sha256' && algorithm !== 'sha512') {
    throw new RegistryFault(400, 'DIGEST_INVALID', 'digest-algorithm is neither sha256 nor sha512')
  }
  const single = request.query.has('digest') && context.quirks.singlePostUpload
  if (single) requireDigest(request.query.get('digest'))
  const mounted = await mountBlob(input)
  if (mounted) return mounted
  const session: UploadSession = {
    id: randomUUID(),
    repository,
    content: await context.storage.create(),
    state: 0,
    parts: [],
    busy: Promise.resolve(),
  }
  context.uploads.set(session.id, session)
  if (!single) return uploadProgress(input, session, 202)
  try {
    return await finishUpload(input, session, true)
  } catch (error) {
    // Nobody knows the location of this session.
    if (context.uploads.delete(session.id)) await session.content.discard()
    throw error
  }
}

async function uploadStatus(input: HandlerInput, session: UploadSession): Promise<RegistryResponse> {
  if (input.context.quirks.uploadStatus) return uploadProgress(input, session, 204)
  throw new RegistryFault(404, 'BLOB_UPLOAD_UNKNOWN', 'the progress of an upload is not told')
}

async function appendPart(input: HandlerInput, session: UploadSession): Promise<RegistryResponse> {
  const { headers, context } = input
  const { maxPatchBytes, patchStatus } = context.quirks
  checkState(input, session)
  checkParts(input, session)
  checkContentRange(input, session)
  const length = headers['content-length']
  if (length !== undefined && Number(length) > maxPatchBytes) {
    throw new RegistryFault(416, 'BLOB_UPLOAD_INVALID', `a part may have ${maxPatchBytes} bytes`)
  }
  await receive(input, session)
  session.state += 1
  return uploadProgress(input, session, patchStatus)
}

async function finishUpload(
  input: HandlerInput,
  session: UploadSession,
  single = false,
): Promise<RegistryResponse> {
  const { request, headers, context } = input
  const { maxPutBytes, canonicalDigests } = context.quirks
  const digest = requireDigest(request.query.get('digest'))
  if (!single) checkState(input, session)
  checkContentRange(input, session)
  const length = Number(headers['content-length'] ?? 0)
  if (length > maxPutBytes) {
    throw new RegistryFault(413, 'SIZE_INVALID', `a blob in one request may have ${maxPutBytes} bytes`)
  }
  if (length > 0) checkParts(input, session)
  await receive(input, session)
  const { content } = session
  const actual = await content.digest(digestAlgorithm(digest))
  context.uploads.delete(session.id)
  if (actual !== digest) {
    await content.discard()
    throw new RegistryFault(400, 'DIGEST_INVALID', `content has digest ${actual}, not ${digest}`)
  }
  const shown = canonicalDigests ? await content.digest('sha256') : digest
  await keepBlob(input, session, [...new Set([digest, shown])])
  const mediaType = 'application/octet-stream'
  return blobCreated(input, shown, { action: 'push', digest: shown, mediaType, size: content.size })
}

async function keepBlob(
  { context, repository }: HandlerInput,
  { content }: UploadSession,
  digests: readonly Digest[],
): Promise<void> {
  await content.commit(repository, digests)
  const { blobs } = context.catalogue.require(repository)
  for (const digest of digests) blobs.set(digest, content.size)
  await context.catalogue.saved(repository)
}

async function cancelUpload(input: HandlerInput, session: UploadSession): Promise<RegistryResponse> {
  if (!input.context.quirks.uploadCancel) methodNotAllowed(input)
  input.context.uploads.delete(session.id)
  await session.content.discard()
  return { status: 204, headers: {} }
}
