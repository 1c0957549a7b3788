import { type Descriptor, type Digest, mediaTypes, type RawManifest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { toRawManifest } from '../manifest/raw-manifest.ts'
import { listedDigests } from '../referrers/verify-referrers.ts'
import type { Capability, RepositoryCapabilities } from './capabilities.schema.ts'
import { conditionOf, neverHolds } from './conditional-write.ts'
import { deleteManifest, deleteTag } from './delete-content.ts'
import { ask, measure, no, unknown, yes } from './measured-answer.ts'
import type { RegistryContext } from './registry-context.ts'
import { fetchManifest, pushManifest } from './registry-manifests.ts'

/** The manifests that a probe writes: an image, another one for the same tag, and a referrer of the first. */
export interface ProbeManifests {
  readonly tag: string
  readonly first: RawManifest
  readonly second: RawManifest
  readonly referrer: RawManifest
}

const artifactType = 'application/vnd.sallyport.probe.v1'

/** Makes the manifests around one small config. */
export function probeManifests(config: Descriptor, tag: string): ProbeManifests {
  const manifest = (fields: object): RawManifest =>
    toRawManifest(
      new TextEncoder().encode(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: mediaTypes.ociManifest,
          config,
          layers: [],
          ...fields,
        }),
      ),
    )
  const first = manifest({ annotations: { 'org.opencontainers.image.title': `${tag}, first` } })
  const second = manifest({ annotations: { 'org.opencontainers.image.title': `${tag}, second` } })
  const referrer = manifest({ artifactType, subject: first.descriptor })
  return { tag, first, second, referrer }
}

/** Whether `If-Match` is honoured on a tag; leaves the tag behind. */
export function probeConditions(
  context: RegistryContext,
  { tag, first, second }: ProbeManifests,
  signal: AbortSignal | undefined,
): Promise<Capability> {
  return measure(signal, async () => {
    const begun = await pushManifest(context, first, { tag, signal })
    if (begun.type === 'refused') return unknown(begun.error.message)
    const impossible = await pushManifest(context, second, { tag, condition: neverHolds, signal })
    if (impossible.type === 'stored') return no('a write under an If-Match that can not hold was stored')
    const condition = conditionOf(await fetchManifest(context, tag, { signal }))
    if (Object.keys(condition).length === 0) return no('manifests come without a strong ETag')
    const possible = await pushManifest(context, second, { tag, condition, signal })
    return possible.type === 'stored'
      ? yes(`If-Match: what can not hold gave status ${impossible.error.status}, what holds was stored`)
      : no(`a write under an If-Match that holds was refused with status ${possible.error.status}`)
  })
}

/** What {@link probeReferrers} measures. */
export type ReferrersCapabilities = Pick<
  RepositoryCapabilities,
  'subjectHeader' | 'referrersApi' | 'referrersListed' | 'referrersFilter'
>

/** Pushes a referrer and looks for it in the referrers API. The fallback tag is not touched. */
export async function probeReferrers(
  context: RegistryContext,
  { first, referrer }: ProbeManifests,
  signal: AbortSignal | undefined,
): Promise<ReferrersCapabilities> {
  const subject = first.descriptor.digest
  const own = referrer.descriptor.digest
  const subjectHeader = await measure(signal, async () => {
    const outcome = await pushManifest(context, referrer, { signal })
    if (outcome.type === 'refused') return unknown(outcome.error.message)
    return outcome.subjectAcknowledged ? yes('OCI-Subject was sent') : no('no OCI-Subject was sent')
  })
  if (subjectHeader.answer === 'unknown') {
    const unmeasured = unknown('no referrer could be pushed')
    return {
      subjectHeader,
      referrersApi: await probeReferrersApi(context, subject, signal),
      referrersListed: unmeasured,
      referrersFilter: unmeasured,
    }
  }
  const referrersApi = await probeReferrersApi(context, subject, signal, true)
  if (referrersApi.answer !== 'yes') {
    return { subjectHeader, referrersApi, referrersListed: referrersApi, referrersFilter: referrersApi }
  }
  const list = async (type?: string) => {
    const query = type === undefined ? '' : `?artifactType=${encodeURIComponent(type)}`
    const { answer, bytes, evidence } = await askReferrers(context, subject, query, signal)
    return { digests: listedDigests(bytes) ?? [], answer, evidence }
  }
  const referrersListed = await measure(signal, async () => {
    const { digests, evidence } = await list()
    return digests.includes(own) ? yes(evidence) : no(`${evidence}, without the referrer just pushed`)
  })
  const referrersFilter = await measure(signal, async () => {
    const matching = await list(artifactType)
    const others = await list(`${artifactType}.other`)
    const applied = matching.answer.header('oci-filters-applied') ?? ''
    if (!/\bartifactType\b/.test(applied)) return no('no OCI-Filters-Applied was sent')
    return matching.digests.includes(own) && !others.digests.includes(own)
      ? yes(`OCI-Filters-Applied: artifactType, and the filter keeps what matches`)
      : no('OCI-Filters-Applied was sent, but the lists are not filtered that way')
  })
  return { subjectHeader, referrersApi, referrersListed, referrersFilter }
}

/** Whether the referrers API answers with an index. Only of a subject that has a referrer a 404 proves something. */
export function probeReferrersApi(
  context: RegistryContext,
  subject: Digest,
  signal: AbortSignal | undefined,
  hasReferrer = false,
): Promise<Capability> {
  return measure(signal, async () => {
    const { answer, bytes, evidence } = await askReferrers(context, subject, '', signal)
    if (answer.status === 200) return listedDigests(bytes) === undefined ? no(evidence) : yes(evidence)
    return hasReferrer ? no(evidence) : unknown(evidence)
  })
}

function askReferrers(
  context: RegistryContext,
  subject: Digest,
  query: string,
  signal: AbortSignal | undefined,
) {
  return ask(context, {
    method: 'GET',
    to: `referrers/${subject}${query}`,
    access: 'pull',
    action: 'list referrers',
    headers: { accept: mediaTypes.ociIndex },
    signal,
  })
}

/** What {@link probeDeletes} measures. */
export type DeleteCapabilities = Pick<RepositoryCapabilities, 'tagDelete' | 'manifestDelete'>

/** Deletes the tag, then the manifests. */
export async function probeDeletes(
  context: RegistryContext,
  { tag, first, second, referrer }: ProbeManifests,
  signal: AbortSignal | undefined,
): Promise<DeleteCapabilities> {
  const find = (reference: string) => fetchManifest(context, reference, { signal })
  const tagDelete = await measure(signal, async () => {
    const tagged = await find(tag)
    if (tagged === undefined) return unknown('the tag could not be written')
    const refusal = await refusalOf(() => deleteTag(context, tag, { signal }))
    if (refusal !== undefined) return no(refusal.message)
    if ((await find(tag)) !== undefined) return no('the deletion was accepted, but the tag is still there')
    return (await find(tagged.raw.descriptor.digest)) === undefined
      ? no('with the tag its manifest was deleted')
      : yes('the tag is gone, its manifest is not')
  })
  const manifestDelete = await measure(signal, async () => {
    let deleted = 0
    for (const { descriptor } of [referrer, second, first]) {
      if ((await find(descriptor.digest)) === undefined) continue
      const refusal = await refusalOf(() => deleteManifest(context, descriptor.digest, { signal }))
      if (refusal !== undefined) return no(refusal.message)
      if ((await find(descriptor.digest)) !== undefined) {
        return no('the deletion was accepted, but the manifest is still there')
      }
      deleted++
    }
    return deleted > 0 ? yes(`${deleted} manifests are gone`) : unknown('there was no manifest to delete')
  })
  return { tagDelete, manifestDelete }
}

async function refusalOf(operation: () => Promise<unknown>): Promise<OciError | undefined> {
  try {
    await operation()
    return undefined
  } catch (error) {
    if (error instanceof OciError && ['UNSUPPORTED', 'TAG_CONFLICT'].includes(error.code)) return error
    throw error
  }
}
