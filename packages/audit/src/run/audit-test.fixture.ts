import { type Clock, type Digest, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import { createRegistryClient, fallbackTag, type RegistryClient, type Repository } from '@sallyport/oci'
import {
  createImage,
  createImageIndex,
  type GeneratedImage,
  pushImage,
  type RegistryQuirks,
  startRegistry,
  type TestRegistry,
} from '@sallyport/testkit'
import type { AuditRecord } from '../audit-record.ts'
import type { AuditSummary } from '../audit-report.ts'
import type { AuditTerms } from '../audit-terms.ts'
import type { ImageClassifier } from '../ports/image-classifier.ts'
import { type AuditState, sqliteAuditState } from '../state/audit-state.ts'
import { distributionListing } from '../walk/distribution-listing.ts'
import type { AuditOptions } from './audit-options.ts'
import { createAudit } from './create-audit.ts'

export const terms: AuditTerms = { tier: 'prod', signers: { keys: ['a key'] }, decision: false }

/** An image that is unlike any with another name. */
export function imageOf(name: string, platform = 'linux/amd64'): GeneratedImage {
  return createImage({ config: { Labels: { name } }, platform })
}

/** An index of two platforms. */
export function indexOf(name: string): GeneratedImage {
  return createImageIndex({
    'linux/amd64': imageOf(`${name} amd64`),
    'linux/arm64': imageOf(`${name} arm64`, 'linux/arm64'),
  })
}

/** A manifest of any content. */
export function manifestOf(
  fields: Readonly<Record<string, unknown>>,
  mediaType: string = mediaTypes.ociManifest,
): RawManifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...fields }))
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes }
}

const emptyBytes = Buffer.from('{}')
const empty = { mediaType: mediaTypes.ociEmpty, digest: digestOf(emptyBytes), size: 2 }
const imageConfig = { ...empty, mediaType: mediaTypes.ociConfig }

/** Evidence that names its subject. */
export function referrerOf(subject: RawManifest, name: string): RawManifest {
  return manifestOf({
    artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    config: empty,
    layers: [empty],
    subject: subject.descriptor,
    annotations: { name },
  })
}

/** What cosign puts under a tag: in the form of an image. */
export function cosignManifest(
  name: string,
  layerType = 'application/vnd.dev.cosign.simplesigning.v1+json',
): RawManifest {
  return manifestOf({
    config: imageConfig,
    layers: [{ ...empty, mediaType: layerType }],
    annotations: { name },
  })
}

/** No image, no evidence. */
export function artifactOf(name: string): RawManifest {
  const config = { ...empty, mediaType: 'application/vnd.cncf.helm.config.v1+json' }
  return manifestOf({ config, layers: [empty], annotations: { name } })
}

/** Pushes a manifest with the empty blob that it is made of. */
export async function pushManifest(repository: Repository, raw: RawManifest, tag?: string): Promise<Digest> {
  const content = async function* (): AsyncGenerator<Uint8Array> {
    yield emptyBytes
  }
  await repository.write(empty, content())
  await repository.putManifest(raw, { tag })
  return raw.descriptor.digest
}

/** Tag of cosign about a manifest. */
export const cosignTag = (subject: RawManifest, kind: 'sig' | 'att' | 'sbom' = 'sig'): string =>
  `${fallbackTag(subject.descriptor.digest)}.${kind}`

export interface CountingClassifier extends ImageClassifier {
  /** What was judged, `repository@digest`, in the order of the calls. */
  readonly calls: string[]
}

/** Judges by what is merely there: signed is compliant, and so is what an index lists that is signed. */
function fakeClassifier(): CountingClassifier {
  const calls: string[] = []
  const classify: ImageClassifier = async ({ repository, raw, via }, { signal }) => {
    const { digest } = raw.descriptor
    calls.push(`${repository.name.slice(repository.name.indexOf('/') + 1)}@${digest}`)
    const evidence: Digest[] = []
    for (const subject of via === undefined ? [digest] : [digest, via]) {
      const { entries } = await repository.listReferrerEntries(subject, { signal })
      const tagged = await repository.findManifest(`${fallbackTag(subject)}.sig`, { signal })
      if (subject === digest) evidence.push(...entries.map((entry) => entry.digest))
      if (entries.length > 0 || tagged !== undefined)
        return { class: 'compliant', problems: [], evidence: [], evidenceManifests: evidence }
    }
    const problems = [{ class: 'unsigned', message: 'no signature' } as const]
    return { class: 'unsigned', problems, evidence: [], evidenceManifests: evidence }
  }
  return Object.assign(classify, { calls })
}

export interface TestBed extends AsyncDisposable {
  readonly registry: TestRegistry
  readonly client: RegistryClient
  readonly state: AuditState
  readonly classifier: CountingClassifier
  /** A clock that stands still. */
  readonly clock: Clock & { time: number }
  repository(name: string): ReturnType<RegistryClient['repository']>
  options(more?: Partial<AuditOptions>): AuditOptions
  run(more?: Partial<AuditOptions>): Promise<AuditSummary>
  records(id: string): Promise<readonly AuditRecord[]>
}

/** A registry, a client and a state, all empty. */
export async function openTestBed(quirks: Partial<RegistryQuirks> = {}): Promise<TestBed> {
  const registry = await startRegistry({ quirks })
  const client = createRegistryClient({ settleMs: 0, retry: { attempts: 1 } })
  const state = sqliteAuditState(':memory:')
  const classifier = fakeClassifier()
  const clock = { time: Date.parse('2026-11-26T12:00:00Z'), now: () => new Date(clock.time) }
  const options = (more: Partial<AuditOptions> = {}): AuditOptions => ({
    listing: distributionListing({ client, registry: registry.host }),
    client,
    classifier,
    terms,
    state,
    clock,
    ...more,
  })
  return {
    registry,
    client,
    state,
    classifier,
    clock,
    options,
    repository: (repository) => client.repository({ registry: registry.host, repository }),
    run: (more) => createAudit(options(more)).run(),
    async records(id) {
      const records: AuditRecord[] = []
      for await (const record of state.archive.records(id)) records.push(record)
      return records
    },
    async [Symbol.asyncDispose]() {
      await state[Symbol.asyncDispose]()
      await client.close()
      await registry.close()
    },
  }
}

/** Fills a registry with one of each, and says what has to be found. */
export async function fillRegistry(bed: TestBed): Promise<Record<string, string>> {
  const expected: Record<string, string> = {}
  const app = bed.repository('team/app')
  const at = (raw: { descriptor: { digest: string } }, role: string, place = 'team/app'): void => {
    expected[`${place}@${raw.descriptor.digest}`] = role
  }
  const plain = imageOf('plain')
  await pushImage(app, plain, '1')
  await app.putManifest(plain.raw, { tag: 'latest' })
  at(plain.raw, 'image unsigned')

  const signed = imageOf('signed')
  await pushImage(app, signed, '2')
  const sig = cosignManifest('of signed')
  await pushManifest(app, sig, cosignTag(signed.raw))
  at(signed.raw, 'image compliant')
  at(sig, 'evidence')

  const referred = imageOf('referred')
  await pushImage(app, referred, '3')
  const bundle = referrerOf(referred.raw, 'bundle')
  await pushManifest(app, bundle)
  at(referred.raw, 'image compliant')
  at(bundle, 'evidence')

  const index = indexOf('multi')
  await pushImage(app, index, '4')
  const ofIndex = referrerOf(index.raw, 'of index')
  await pushManifest(app, ofIndex)
  at(index.raw, 'index compliant')
  for (const child of index.children) at(child, 'platform compliant')
  at(ofIndex, 'evidence')

  // Shares a platform with the other one.
  const second = manifestOf({ manifests: [index.children[0]!.descriptor] }, mediaTypes.ociIndex)
  await app.putManifest(second, { tag: '5' })
  at(second, 'index unsigned')

  // cosign signed it before its tag moved on.
  const moved = imageOf('moved')
  await pushImage(app, moved)
  const sbom = cosignManifest('sbom', 'application/vnd.cyclonedx+json')
  await pushManifest(app, sbom, cosignTag(moved.raw, 'sbom'))
  at(moved.raw, 'image unsigned')
  at(sbom, 'evidence')

  const gone = imageOf('gone')
  const stray = cosignManifest('of what is gone', 'application/vnd.dsse.envelope.v1+json')
  await pushManifest(app, stray, cosignTag(gone.raw, 'att'))
  at(stray, 'stray-evidence')

  const chart = artifactOf('chart')
  await pushManifest(app, chart, 'chart')
  const ofChart = referrerOf(chart, 'of chart')
  await pushManifest(app, ofChart)
  at(chart, 'artifact')
  at(ofChart, 'evidence')

  // The same content in another place, where nothing is signed.
  const other = bed.repository('other/app')
  await pushImage(other, signed, '2')
  at(signed.raw, 'image unsigned', 'other/app')
  return expected
}

/** Roles by digest, for comparison with what is expected. */
export function rolesOf(records: readonly AuditRecord[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    records.map(({ repository, digest, role, class: auditClass }) => [
      `${repository}@${digest}`,
      auditClass === undefined ? role : `${role} ${auditClass}`,
    ]),
  )
}
