import { type Digest, digestOf } from '@sallyport/core'
import type { Capability, RepositoryCapabilities } from './capabilities.schema.ts'
import { ask, measure, no, unknown, yes } from './measured-answer.ts'
import { call, type RegistryContext } from './registry-context.ts'
import { toUploadSession } from './upload-session.ts'

/** What {@link probeUploads} measures. */
export type UploadCapabilities = Pick<
  RepositoryCapabilities,
  'mountFrom' | 'mountAnonymous' | 'chunkedUpload' | 'minChunkBytes' | 'sha512Blobs'
>

/** A blob of another repository of the registry, to be mounted in a probe. */
export interface MountSource {
  /** Path of the repository that has the blob. */
  readonly repository: string
  /** The blob. */
  readonly digest: Digest
}

const octets = 'application/octet-stream'

/** Uploads `bytes` in pieces, by its sha512 digest and by mount, and tells what of it went well. */
export async function probeUploads(
  context: RegistryContext,
  bytes: Uint8Array,
  mountFrom: MountSource | undefined,
  signal: AbortSignal | undefined,
): Promise<UploadCapabilities> {
  const digest = digestOf(bytes)
  let minChunkBytes: number | undefined
  const chunkedUpload = await measure(signal, async () => {
    const started = await start(context, '', 'start an upload', signal)
    if (started.session === undefined) return unknown(started.evidence)
    const announced = started.header('oci-chunk-min-length')
    if (announced !== undefined && /^\d{1,15}$/.test(announced)) minChunkBytes = Number(announced)
    const patched = await ask(context, {
      method: 'PATCH',
      to: started.session,
      access: 'push',
      action: 'send a piece of a blob (PATCH)',
      headers: { 'content-type': octets, 'content-range': `0-${bytes.byteLength - 1}` },
      body: bytes,
      signal,
    })
    if (patched.answer.status >= 300) {
      await cancel(context, started.session)
      return no(patched.evidence)
    }
    return finish(context, toUploadSession(context, patched.answer).location, digest, undefined, signal)
  })
  const sha512Blobs = await measure(signal, async () => {
    const started = await start(context, '', 'start an upload', signal)
    if (started.session === undefined) return unknown(started.evidence)
    return finish(context, started.session, digestOf(bytes, 'sha512'), bytes, signal)
  })
  const from = mountFrom ?? { repository: context.repository, digest }
  return {
    chunkedUpload,
    minChunkBytes,
    sha512Blobs,
    mountFrom: await mount(
      context,
      `?mount=${from.digest}&from=${encodeURIComponent(from.repository)}`,
      mountFrom === undefined
        ? 'mount a blob of the repository itself'
        : `mount a blob of ${from.repository}`,
      from.repository,
      signal,
    ),
    mountAnonymous: await mount(
      context,
      `?mount=${from.digest}`,
      'mount a blob without "from"',
      undefined,
      signal,
    ),
  }
}

async function start(
  context: RegistryContext,
  query: string,
  action: string,
  signal: AbortSignal | undefined,
  alsoPull?: string | undefined,
) {
  const { answer, evidence } = await ask(context, {
    method: 'POST',
    to: `blobs/uploads/${query}`,
    access: 'push',
    alsoPull,
    action,
    headers: { 'content-length': '0' },
    signal,
  })
  const session = answer.status === 202 ? toUploadSession(context, answer).location : undefined
  return { status: answer.status, header: answer.header, evidence, session }
}

/** Ends an upload and looks whether the blob is there under its digest. */
async function finish(
  context: RegistryContext,
  session: URL,
  digest: Digest,
  body: Uint8Array | undefined,
  signal: AbortSignal | undefined,
): Promise<Capability> {
  // Appended to the text: the query is the registry's own state, to be kept as it is.
  const to = new URL(
    `${session.href}${session.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`,
  )
  const { answer, evidence } = await ask(context, {
    method: 'PUT',
    to,
    access: 'push',
    action: `store blob ${digest.slice(0, 24)}…`,
    headers: { 'content-type': octets, 'content-length': String(body?.byteLength ?? 0) },
    body,
    signal,
  })
  if (answer.status >= 300) {
    await cancel(context, session)
    return no(evidence)
  }
  const found = await ask(context, {
    method: 'HEAD',
    to: `blobs/${digest}`,
    access: 'pull',
    action: 'look for it',
    signal,
  })
  return found.answer.status === 200 ? yes(evidence) : no(`${evidence}; ${found.evidence}`)
}

function mount(
  context: RegistryContext,
  query: string,
  action: string,
  alsoPull: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Capability> {
  return measure(signal, async () => {
    const other = alsoPull === context.repository ? undefined : alsoPull
    const { status, evidence, session } = await start(context, query, action, signal, other)
    if (session !== undefined) await cancel(context, session)
    return status === 201 ? yes(evidence) : no(evidence)
  })
}

async function cancel(context: RegistryContext, session: URL): Promise<void> {
  try {
    const answer = await call(context, {
      method: 'DELETE',
      to: session,
      access: 'push',
      action: 'cancel an upload',
      expect: [200, 202, 204, 404],
      signal: AbortSignal.timeout(5000),
    })
    await answer.discard()
  } catch {
    // Registries clean up sessions after a while.
  }
}
