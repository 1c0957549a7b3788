import {
  digestAlgorithm,
  digestOf,
  isDigest,
  mediaTypes,
  parseDigest,
  type BlobOptions,
  type Descriptor,
  type Digest,
  type RawManifest,
} from '@sallyport/core'
import { OciError } from '../errors.ts'
import { statusError } from '../http/http-error.ts'
import type { WireAnswer } from '../http/transport.ts'
import { printable } from '../internal/printable.ts'
import {
  decodeManifest,
  maxManifestBytes,
  maxPushedManifestBytes,
  toRawManifest,
} from '../manifest/raw-manifest.ts'
import type { FindManifestOptions } from '../ports/repository.ts'
import { isTag } from '../reference/parse-reference.ts'
import { call, callAndRead, type RegistryCall, type RegistryContext } from './registry-context.ts'
import { findTagList } from './find-tag-list.ts'
import { singleChunk } from '../internal/single-chunk.ts'

const accepted = [
  mediaTypes.ociIndex,
  mediaTypes.ociManifest,
  mediaTypes.dockerManifestList,
  mediaTypes.dockerManifest,
].join(', ')

/** A manifest with the version mark that a conditional write needs. */
export interface FetchedManifest {
  readonly raw: RawManifest
  readonly etag: string | undefined
}

/**
 * Reads a manifest by tag or digest, `undefined` when there is none; the digest is that of the bytes. Artifactory answers
 * 403 for a tag that is not there: that is taken for the tag's absence only where the same credentials read the
 * repository's list of tags, and the tag is not in it. What is denied must never look like what is missing.
 */
export async function fetchManifest(
  context: RegistryContext,
  tagOrDigest: string,
  { maxBytes = maxManifestBytes, signal }: FindManifestOptions = {},
): Promise<FetchedManifest | undefined> {
  const digest = isDigest(tagOrDigest) ? tagOrDigest : undefined
  if (digest === undefined) checkTag(context, tagOrDigest)
  try {
    const { answer, bytes } = await callAndRead(
      context,
      {
        method: 'GET',
        to: `manifests/${tagOrDigest}`,
        access: 'pull',
        action: `read manifest ${tagOrDigest}`,
        notFound: 'MANIFEST_NOT_FOUND',
        expect: [200, 404],
        headers: { accept: accepted },
        signal,
      },
      Math.min(maxBytes, maxManifestBytes),
    )
    if (answer.status === 404) return undefined
    const raw = toRawManifest(bytes, { mediaType: answer.header('content-type'), digest })
    checkClaimedDigest(context, raw, answer)
    return { raw, etag: answer.header('etag') }
  } catch (error) {
    if (digest !== undefined || !(error instanceof OciError) || error.status !== 403) throw error
    const tags = await findTagList(context, signal)
    if (tags === undefined || tags.has(tagOrDigest)) throw error
    return undefined
  }
}

/**
 * What the registry claims of a manifest; see the port. An answer that can't be about a manifest, or a refusal of the
 * method alone, is followed by a GET: Artifactory answers HEAD of what is missing with 403.
 */
export async function headManifest(
  context: RegistryContext,
  tagOrDigest: string,
  { signal }: BlobOptions = {},
): Promise<Descriptor | undefined> {
  const digest = isDigest(tagOrDigest) ? tagOrDigest : undefined
  if (digest === undefined) checkTag(context, tagOrDigest)
  try {
    const answer = await call(context, {
      method: 'HEAD',
      to: `manifests/${tagOrDigest}`,
      access: 'pull',
      action: `look for manifest ${tagOrDigest}`,
      notFound: 'MANIFEST_NOT_FOUND',
      expect: [200, 404],
      headers: { accept: accepted },
      signal,
    })
    await answer.discard()
    if (answer.status === 404) return undefined
    const claimed = claimedDescriptor(answer, digest)
    if (claimed !== undefined) return claimed
  } catch (error) {
    if (!(error instanceof OciError) || (error.status !== 403 && error.status !== 405)) throw error
  }
  return (await fetchManifest(context, tagOrDigest, { signal }))?.raw.descriptor
}

function claimedDescriptor(answer: WireAnswer, asked: Digest | undefined): Descriptor | undefined {
  const named = answer.header('docker-content-digest')
  const digest = asked ?? named
  const mediaType = answer.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  const size = Number(answer.header('content-length') ?? Number.NaN)
  if (!isDigest(digest) || !mediaType?.startsWith('application/vnd.')) return undefined
  if (!Number.isSafeInteger(size) || size <= 0) return undefined
  const contradicts =
    isDigest(named) && named !== digest && digestAlgorithm(named) === digestAlgorithm(digest)
  return contradicts ? undefined : { mediaType, digest, size }
}

/** A manifest that must be there. */
export async function getManifest(
  context: RegistryContext,
  tagOrDigest: string,
  options?: BlobOptions,
): Promise<RawManifest> {
  const found = await fetchManifest(context, tagOrDigest, options)
  if (found !== undefined) return found.raw
  throw new OciError('MANIFEST_NOT_FOUND', `${context.name}: there is no manifest ${tagOrDigest}`, {
    status: 404,
    reference: isDigest(tagOrDigest) ? `${context.name}@${tagOrDigest}` : `${context.name}:${tagOrDigest}`,
  })
}

/** How {@link pushManifest} went. */
export type PushOutcome =
  | { readonly type: 'stored'; readonly subjectAcknowledged: boolean }
  /** The tag may not be moved: a condition in `headers` was not met or not understood, or the tag is immutable. */
  | { readonly type: 'refused'; readonly error: OciError }

/** Options of {@link pushManifest}. */
export interface PushManifestOptions extends BlobOptions {
  /** Also point this tag to it. */
  readonly tag?: string | undefined
  /** The condition under which the tag may be moved. */
  readonly condition?: Readonly<Record<string, string>> | undefined
  /** Send it once: a repetition could come long after what the write rests on was read. Default `false`. */
  readonly once?: boolean | undefined
}

const refusesTag: ReadonlySet<number> = new Set([400, 405, 409, 412, 501])
const maxErrorBytes = 64 * 1024

/** Stores a manifest under a tag or its digest. */
export async function pushManifest(
  context: RegistryContext,
  raw: RawManifest,
  { tag, condition = {}, once = false, signal }: PushManifestOptions = {},
): Promise<PushOutcome> {
  if (tag !== undefined) checkTag(context, tag)
  checkPushed(context, raw)
  const { mediaType, digest, size } = raw.descriptor
  const action = `store manifest ${tag ?? digest}`
  const request: RegistryCall = {
    method: 'PUT',
    to: `manifests/${tag ?? digest}`,
    access: 'push',
    action,
    expect: [200, 201, 202, ...(tag === undefined ? [] : refusesTag)],
    headers: { 'content-type': mediaType, 'content-length': String(size), ...condition },
    body: once ? singleChunk(raw.bytes) : raw.bytes,
    signal,
  }
  try {
    const answer = await call(context, request)
    if (!refusesTag.has(answer.status)) {
      await answer.discard()
      checkClaimedDigest(context, raw, answer)
      return { type: 'stored', subjectAcknowledged: answer.header('oci-subject') !== undefined }
    }
    const body = await answer.bytes(maxErrorBytes).then(
      (bytes) => new TextDecoder().decode(bytes),
      () => '',
    )
    const error = statusError(answer.status, body, {
      action,
      reference: context.name,
      notFound: 'REGISTRY_ERROR',
    })
    const conditional = Object.keys(condition).length > 0
    if (isAboutTag(answer.status, body, conditional)) return { type: 'refused', error }
    throw error
  } catch (error) {
    // A 403 may be about a token that is too narrow, so it is left to the sign-in; what is left may be about the tag.
    const isRefusal = tag !== undefined && error instanceof OciError && error.status === 403
    const said = isRefusal ? (error.registryErrors ?? []) : []
    if (isRefusal && said.some(({ code, message }) => saysImmutable(`${code} ${message}`))) {
      return { type: 'refused', error }
    }
    throw error
  }
}

/** Whether an answer is about the tag or its condition, as opposed to the manifest. */
function isAboutTag(status: number, body: string, conditional: boolean): boolean {
  if (status === 409 || status === 412) return true
  // A proxy or registry that does not know conditions may call them a bad request.
  return (conditional && (status === 400 || status === 501)) || saysImmutable(body)
}

/** ECR says TAG_INVALID, others that the tag is immutable. */
function saysImmutable(text: string): boolean {
  return /\bTAG_INVALID\b|immutab/i.test(text)
}

function checkPushed({ name }: RegistryContext, raw: RawManifest): void {
  const { digest, size } = raw.descriptor
  if (raw.bytes.byteLength > maxPushedManifestBytes) {
    throw new OciError(
      'LIMIT_EXCEEDED',
      `manifest ${digest}: ${raw.bytes.byteLength} > ${maxPushedManifestBytes} bytes`,
      {
        reference: name,
      },
    )
  }
  const actual = digestOf(raw.bytes, digestAlgorithm(parseDigest(digest)))
  if (actual !== digest) {
    throw new OciError('DIGEST_MISMATCH', `expected manifest ${digest}, got ${actual}`, { reference: name })
  }
  if (raw.bytes.byteLength !== size) {
    throw new OciError('SIZE_MISMATCH', `manifest ${digest}: ${raw.bytes.byteLength} of ${size} bytes`, {
      reference: name,
    })
  }
  decodeManifest(raw)
}

/** The registry's own word on the digest proves nothing, but a contradiction means that it holds something else. */
function checkClaimedDigest(
  { name }: RegistryContext,
  { descriptor: { digest } }: RawManifest,
  answer: WireAnswer,
): void {
  const claimed = answer.header('docker-content-digest')
  if (claimed === undefined || claimed === digest) return
  if (isDigest(claimed) && digestAlgorithm(claimed) !== digestAlgorithm(digest)) return
  throw new OciError(
    'DIGEST_MISMATCH',
    `${name}: the registry calls manifest ${digest} by another digest: ${printable(claimed, 140)}`,
    { status: answer.status, reference: name },
  )
}

function checkTag({ name }: RegistryContext, tag: string): void {
  if (!isTag(tag)) {
    throw new OciError('REFERENCE_INVALID', `${name}: neither a tag nor a digest: "${printable(tag, 140)}"`, {
      reference: name,
    })
  }
}
