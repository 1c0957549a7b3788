import { randomBytes } from 'node:crypto'
import { type BlobOptions, type Descriptor, type Digest, digestOf, mediaTypes } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { printable } from '../internal/printable.ts'
import type { Capability, RepositoryCapabilities } from './capabilities.schema.ts'
import { deleteBlob, deleteManifest, deleteTag } from './delete-content.ts'
import { unknown } from './measured-answer.ts'
import {
  probeConditions,
  probeDeletes,
  type ProbeManifests,
  probeManifests,
  probeReferrers,
  probeReferrersApi,
} from './probe-manifests.ts'
import { type MountSource, probeUploads } from './probe-uploads.ts'
import type { RegistryContext } from './registry-context.ts'
import { fetchManifest } from './registry-manifests.ts'
import { writeBlob } from './write-blob.ts'
import { singleChunk } from '../internal/single-chunk.ts'

/** Options of {@link RegistryRepository.probeCapabilities}. */
export interface ProbeCapabilitiesOptions extends BlobOptions {
  /** `read-only` measures what GET can tell, and leaves the rest `unknown`. Default `read-write`. */
  readonly mode?: 'read-only' | 'read-write' | undefined
  /** How long the result is good for, in milliseconds. Default a day. */
  readonly lifetimeMs?: number | undefined
  /** A blob of another repository of the registry to try a mount with. Default: the probe's own blob. */
  readonly mountFrom?: MountSource | undefined
  /** Let the client rely on the result until it expires: it then leaves out requests that are known to be of no use. Default `false`. */
  readonly remember?: boolean | undefined
}

const dayMs = 24 * 60 * 60 * 1000
const cleanUpMs = 10_000

/** Measures what a repository's registry really does. */
export async function probeCapabilities(
  context: RegistryContext,
  {
    mode = 'read-write',
    lifetimeMs = dayMs,
    mountFrom,
    remember = false,
    signal,
  }: ProbeCapabilitiesOptions = {},
): Promise<RepositoryCapabilities> {
  signal?.throwIfAborted()
  const now = context.patience.now()
  const measured =
    mode === 'read-only'
      ? { ...allUnknown('not measured without writing'), ...(await readOnly(context, signal)) }
      : await readWrite(context, mountFrom, signal)
  const capabilities: RepositoryCapabilities = {
    repository: context.name,
    measuredAt: new Date(now).toISOString(),
    expiresAt: new Date(now + lifetimeMs).toISOString(),
    mode,
    ...measured,
  }
  if (remember) context.capabilities.remember(capabilities)
  return capabilities
}

type Measured = Omit<RepositoryCapabilities, 'repository' | 'measuredAt' | 'expiresAt' | 'mode'>

async function readOnly(
  context: RegistryContext,
  signal: AbortSignal | undefined,
): Promise<{ readonly referrersApi: Capability }> {
  return { referrersApi: await probeReferrersApi(context, digestOf('no such manifest'), signal) }
}

async function readWrite(
  context: RegistryContext,
  mountFrom: MountSource | undefined,
  signal: AbortSignal | undefined,
): Promise<Measured> {
  const nonce = randomBytes(8).toString('hex')
  const bytes = new TextEncoder().encode(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: { 'sallyport.probe': nonce } },
      rootfs: { type: 'layers', diff_ids: [] },
    }),
  )
  const config: Descriptor = {
    mediaType: mediaTypes.ociConfig,
    digest: digestOf(bytes),
    size: bytes.byteLength,
  }
  const manifests = probeManifests(config, `sallyport-probe-${nonce}`)
  const blobs = [config.digest, digestOf(bytes, 'sha512')]
  let measured: Omit<Measured, 'left'>
  try {
    await writeBlob(context, config, singleChunk(bytes), { signal })
    const uploads = await probeUploads(context, bytes, mountFrom, signal)
    const conditionalWrites = await probeConditions(context, manifests, signal)
    const referrers = await probeReferrers(context, manifests, signal)
    const deletes = await probeDeletes(context, manifests, signal)
    measured = { ...uploads, ...referrers, ...deletes, conditionalWrites }
  } catch (error) {
    await cleanUp(context, manifests, blobs)
    signal?.throwIfAborted()
    if (!(error instanceof OciError)) throw error
    const reason = `nothing could be written: ${printable(error.message, 300)}`
    measured = { ...allUnknown(reason), ...(await readOnly(context, signal)) }
  }
  return { ...measured, left: await cleanUp(context, manifests, blobs) }
}

/** Deletes what the probe wrote, as far as the registry lets it; tells what is left. */
async function cleanUp(
  context: RegistryContext,
  { tag, first, second, referrer }: ProbeManifests,
  blobs: readonly Digest[],
): Promise<readonly string[]> {
  // The signal of the probe may have ended it; what it wrote is deleted all the same.
  const signal = AbortSignal.timeout(cleanUpMs)
  const left: string[] = []
  const attempt = async (what: string, operation: () => Promise<boolean>): Promise<void> => {
    try {
      if (!(await operation())) left.push(what)
    } catch {
      left.push(what)
    }
  }
  const isGone = async (reference: string): Promise<boolean> =>
    (await fetchManifest(context, reference, { signal })) === undefined
  await attempt(tag, async () => {
    if (await isGone(tag)) return true
    await deleteTag(context, tag, { signal }).catch(() => undefined)
    return isGone(tag)
  })
  for (const { descriptor } of [referrer, second, first]) {
    await attempt(descriptor.digest, async () => {
      if (await isGone(descriptor.digest)) return true
      await deleteManifest(context, descriptor.digest, { signal })
      return isGone(descriptor.digest)
    })
  }
  // Where tags can't be deleted, the tag goes with its manifest.
  if (left.includes(tag) && (await isGone(tag).catch(() => false))) left.splice(left.indexOf(tag), 1)
  for (const digest of blobs) {
    await attempt(digest, async () => {
      await deleteBlob(context, digest, { signal })
      return true
    })
  }
  return left
}

function allUnknown(reason: string): Measured {
  const capability = unknown(reason)
  return {
    subjectHeader: capability,
    referrersApi: capability,
    referrersListed: capability,
    referrersFilter: capability,
    conditionalWrites: capability,
    mountFrom: capability,
    mountAnonymous: capability,
    chunkedUpload: capability,
    tagDelete: capability,
    manifestDelete: capability,
    sha512Blobs: capability,
    left: [],
  }
}
