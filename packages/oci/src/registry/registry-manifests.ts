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
import { parseErrorBody } from '../http/parse-error-body.ts'
import type { WireAnswer } from '../http/transport.ts'
import { printable } from '../internal/printable.ts'
import {
  decodeManifest,
  maxManifestBytes,
  maxPushedManifestBytes,
  toRawManifest,
} from '../manifest/raw-manifest.ts'
import { isTag } from '../reference/parse-reference.ts'
import { call, callAndRead, type RegistryContext } from './registry-context.ts'

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

/** Reads a manifest by tag or digest, `undefined` when there is none; the digest is that of the bytes. */
export async function fetchManifest(
  context: RegistryContext,
  tagOrDigest: string,
  { signal }: BlobOptions = {},
): Promise<FetchedManifest | undefined> {
  const digest = isDigest(tagOrDigest) ? tagOrDigest : undefined
  if (digest === undefined) checkTag(context, tagOrDigest)
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
    maxManifestBytes,
  )
  if (answer.status === 404) return undefined
  const raw = toRawManifest(bytes, { mediaType: answer.header('content-type'), digest })
  checkClaimedDigest(context, raw, answer)
  return { raw, etag: answer.header('etag') }
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

const refusesTag: ReadonlySet<number> = new Set([400, 403, 405, 409, 412, 501])
const maxErrorBytes = 64 * 1024

/** Stores a manifest under a tag or its digest. */
export async function pushManifest(
  context: RegistryContext,
  raw: RawManifest,
  tag: string | undefined,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<PushOutcome> {
  if (tag !== undefined) checkTag(context, tag)
  checkPushed(context, raw)
  const action = `store manifest ${tag ?? raw.descriptor.digest}`
  const { answer, bytes } = await callAndRead(
    context,
    {
      method: 'PUT',
      to: `manifests/${tag ?? raw.descriptor.digest}`,
      access: 'push',
      action,
      expect: [200, 201, 202, ...(tag === undefined ? [] : refusesTag)],
      headers: { 'content-type': raw.descriptor.mediaType, ...headers },
      body: raw.bytes,
      signal,
    },
    maxErrorBytes,
  )
  if (refusesTag.has(answer.status)) {
    const body = new TextDecoder().decode(bytes)
    const error = statusError(answer.status, body, {
      action,
      reference: context.name,
      notFound: 'REGISTRY_ERROR',
    })
    if (isAboutTag(answer.status, body, headers)) return { type: 'refused', error }
    throw error
  }
  checkClaimedDigest(context, raw, answer)
  return { type: 'stored', subjectAcknowledged: answer.header('oci-subject') !== undefined }
}

/** Whether an answer is about the tag or its condition, as opposed to the manifest or the credentials. */
function isAboutTag(status: number, body: string, headers: Readonly<Record<string, string>>): boolean {
  if (status === 409 || status === 412) return true
  // A proxy or registry that does not know conditions may call them a bad request.
  if (Object.keys(headers).length > 0 && (status === 400 || status === 501)) return true
  const { errors, bodyText = '' } = parseErrorBody(body)
  // ECR says TAG_INVALID, others DENIED and that the tag is immutable.
  return (
    errors.some(
      ({ code, message = '' }) => code === 'TAG_INVALID' || /immutab/i.test(`${code} ${message}`),
    ) || /immutab/i.test(bodyText)
  )
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
