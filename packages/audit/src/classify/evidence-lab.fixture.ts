import {
  type EvidenceLimits,
  attachAttestation,
  attachSignature,
  createStatement,
  decisionLevel,
  decisionResource,
  generateSigningKey,
  keySigner,
  predicateKinds,
  predicateTypes,
  type StorageMode,
  type VsaParts,
} from '@sallyport/attest'
import { type Descriptor, type Digest, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import {
  createRegistryClient,
  isRegistryRepository,
  parseReference,
  type RegistryRepository,
  type Repository,
} from '@sallyport/oci'
import { parsePolicy, type Policy } from '@sallyport/policy'
import { builtinScanner, parseAdvisories, type Scanner } from '@sallyport/scan'
import {
  createImage,
  createImageIndex,
  pushImage,
  type RegistryQuirks,
  startRegistry,
} from '@sallyport/testkit'
import type { AuditTerms } from '../audit-terms.ts'
import type { Classification } from '../ports/image-classifier.ts'
import { createClassifier } from './create-classifier.ts'

/** A signer with the text of its public key. */
export type LabSigner = ReturnType<typeof keySigner>

const createSigner = (): LabSigner => keySigner(generateSigningKey().privateKey)

/** Who signs: `release` images and decisions, `evidence` SBOMs and provenance; nobody knows `stranger`. */
export const signers = { release: createSigner(), evidence: createSigner(), stranger: createSigner() }

export const gateId = 'https://gate.example/prod'
const builderId = 'https://builder.example/v1'
/** The time of each classification, unless another is given. */
export const now = new Date('2026-06-01T12:00:00.000Z')
/** When decisions of the lab were made, an hour before. */
export const decidedAt = new Date('2026-06-01T11:00:00.000Z')

/** Reads a policy with one tier. */
export function policyOf(
  rest = '    thresholds: [{ name: nothing critical, severity: critical, max: 0 }]',
): Policy {
  return parsePolicy(`version: 1\ntiers:\n  prod:\n${rest}\n`, { source: 'gate.yaml' })
}

/** The policy under which decisions of the lab are made. */
export const presentPolicy = policyOf()

/** A scanner that knows a critical flaw of each of these source packages of Debian 12. */
export function scannerFor(...names: readonly string[]): Scanner {
  const records = ['nothing-has-this-name', ...names].map((name, at) => ({
    schema_version: '1.7.0',
    id: `CVE-2026-${1000 + at}`,
    modified: '2026-05-31T00:00:00Z',
    published: '2026-05-01T00:00:00Z',
    summary: `a flaw of ${name}`,
    severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
    affected: [
      {
        package: { ecosystem: 'Debian:12', name },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '99' }] }],
      },
    ],
  }))
  return builtinScanner({
    advisories: parseAdvisories(records, { source: 'test' }),
    clock: { now: () => now },
  })
}

/** Terms that what {@link Scene.attachAll} attaches satisfies; what is given replaces what is usual. */
export function termsOf(terms: Partial<AuditTerms> = {}): AuditTerms {
  return {
    tier: 'prod',
    signers: { keys: [signers.release.publicKey] },
    sbom: { keys: [signers.evidence.publicKey] },
    provenance: [{ id: builderId, by: { keys: [signers.evidence.publicKey] } }],
    decision: [{ id: gateId, by: { keys: [signers.release.publicKey] } }],
    ...terms,
  }
}

/** Terms with which images are judged anew, by a scanner that knows flaws of these packages. */
export function presentTerms(
  flawed: readonly string[] = [],
  { policy = presentPolicy, ...terms }: Partial<AuditTerms> & { readonly policy?: Policy } = {},
): AuditTerms {
  return termsOf({ present: { policy, scanners: [scannerFor(...flawed)] }, ...terms })
}

interface Attaching {
  /** Default the image. */
  readonly to?: Descriptor | undefined
  readonly by?: LabSigner | undefined
  /** Default `bundle`. */
  readonly mode?: StorageMode | undefined
}

/** An image in a repository of its own, to which evidence is attached. */
export interface Scene {
  readonly repository: RegistryRepository
  readonly image: RawManifest
  /** Of an index, what it lists. */
  readonly children: readonly RawManifest[]
  sign(options?: Attaching): Promise<void>
  attest(predicateType: string, predicate: unknown, options?: Attaching): Promise<Digest>
  sbom(
    options?: Attaching & {
      readonly describes?: Digest | undefined
      readonly packages?: readonly string[] | undefined
      readonly fields?: object | undefined
    },
  ): Promise<Digest>
  provenance(options?: Attaching & { readonly builder?: string | undefined }): Promise<Digest>
  decide(options?: Attaching & { readonly parts?: Partial<VsaParts> | undefined }): Promise<void>
  /** All that {@link termsOf} asks for, about one manifest. */
  attachAll(options?: Attaching): Promise<void>
  /** Stores a referrer that looks like a bundle, with these bytes in it. */
  plant(
    bytes: string,
    options?: { readonly to?: Descriptor; readonly mediaType?: string },
  ): Promise<RawManifest>
  classify(
    terms?: AuditTerms,
    options?: {
      readonly raw?: RawManifest | undefined
      readonly via?: Digest | undefined
      readonly now?: Date | undefined
      readonly limits?: EvidenceLimits | undefined
      readonly repository?: Repository | undefined
    },
  ): Promise<Classification>
}

/** Starts a registry in which scenes are set. */
export async function openLab(quirks: Partial<RegistryQuirks> = {}) {
  const registry = await startRegistry({ quirks })
  const client = createRegistryClient({ settleMs: 0, retry: { attempts: 1 } })
  let count = 0
  return {
    registry,
    client,
    /** Sets a scene with an image, or an index of these platforms. */
    async scene(platforms?: readonly string[]): Promise<Scene> {
      count++
      const found = client.repository(parseReference(`${registry.host}/team/app-${count}:1`))
      if (!isRegistryRepository(found)) throw new TypeError('not of a registry')
      const describe = (platform = 'linux/amd64') =>
        createImage({ platform, layers: [{ files: { 'etc/app': `app ${count} ${platform}` } }] })
      const pushed =
        platforms === undefined
          ? describe()
          : createImageIndex(Object.fromEntries(platforms.map((platform) => [platform, describe(platform)])))
      await pushImage(found, pushed, '1')
      return setScene(found, pushed.raw, pushed.children)
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      await registry.close()
    },
  }
}

/** An attested document about an image as the gate writes one: `name@version` with `<source` where that is another. */
export function sbomPredicate(describes: Digest, packages: readonly string[], fields: object = {}): object {
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: decidedAt.toISOString(),
      tools: { components: [{ type: 'application', name: 'sallyport' }] },
      component: { type: 'container', name: 'app', version: describes },
    },
    components: [
      ...packages.map((text) => {
        const [, name = '', version = '', source] = /^([^@]+)@([^<]+)(?:<(.*))?$/.exec(text) ?? []
        const purl = `pkg:deb/debian/${name}@${version}?arch=amd64&distro=debian-12`
        return {
          type: 'library',
          'bom-ref': purl,
          name,
          version,
          purl,
          properties: [{ name: 'sallyport:package:source', value: `${source ?? name}@${version}` }],
        }
      }),
      {
        type: 'operating-system',
        name: 'debian',
        version: '12',
        properties: [{ name: 'syft:distro:id', value: 'debian' }],
      },
    ],
    ...fields,
  }
}

function setScene(
  repository: RegistryRepository,
  image: RawManifest,
  children: readonly RawManifest[],
): Scene {
  const { name } = repository
  const options = (mode: StorageMode = 'bundle') => ({ mode, settleMs: 0, createdAt: decidedAt })
  const attest: Scene['attest'] = async (
    predicateType,
    predicate,
    { to = image.descriptor, by = signers.evidence, mode } = {},
  ) => {
    const statement = createStatement([{ name, digest: to.digest }], predicateType, predicate)
    const { pieces } = await attachAttestation(repository, to, statement, by, options(mode))
    return pieces[0]!.manifest
  }
  const scene: Scene = {
    repository,
    image,
    children,
    attest,
    async sign({ to = image.descriptor, by = signers.release, mode } = {}) {
      await attachSignature(repository, to, by, { reference: name, ...options(mode) })
    },
    async sbom({ describes, packages = ['hello@2.10-3', 'libssl3@3.0.1<openssl'], fields, ...where } = {}) {
      const digest = describes ?? (where.to ?? image.descriptor).digest
      return attest(predicateTypes.cyclonedx, sbomPredicate(digest, packages, fields), where)
    },
    async provenance({ builder = builderId, ...where } = {}) {
      const predicate = predicateKinds.provenance.build({
        buildType: 'https://example.com/build/v1',
        externalParameters: {},
        builder: { id: builder },
      })
      return attest(predicateTypes.provenance, predicate, where)
    },
    async decide({ parts, ...where } = {}) {
      const predicate = predicateKinds.vsa.build({
        verifier: { id: gateId },
        timeVerified: decidedAt,
        resourceUri: decisionResource(name),
        policy: { uri: 'gate.yaml', digest: presentPolicy.digest },
        result: 'PASSED',
        verifiedLevels: [decisionLevel('prod')],
        ...parts,
      })
      await attest(predicateTypes.vsa, predicate, { by: signers.release, ...where })
    },
    async attachAll(where) {
      const attach = [scene.sbom, scene.provenance, scene.decide, scene.sign]
      // Under one tag only one writer goes without the others' being lost.
      if (where?.mode !== undefined) for (const one of attach) await one(where)
      else await Promise.all(attach.map((one) => one(where)))
    },
    async plant(
      bytes,
      { to = image.descriptor, mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json' } = {},
    ) {
      const write = async (type: string, content: string): Promise<Descriptor> => {
        const buffer = Buffer.from(content)
        const descriptor = { mediaType: type, digest: digestOf(buffer), size: buffer.byteLength }
        await repository.write(
          descriptor,
          (async function* () {
            yield buffer
          })(),
        )
        return descriptor
      }
      const manifest = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: mediaTypes.ociManifest,
          artifactType: mediaType,
          config: await write(mediaTypes.ociEmpty, '{}'),
          layers: [await write(mediaType, bytes)],
          subject: to,
        }),
      )
      const raw = {
        bytes: manifest,
        descriptor: {
          mediaType: mediaTypes.ociManifest,
          digest: digestOf(manifest),
          size: manifest.byteLength,
        },
      }
      await repository.putManifest(raw)
      return raw
    },
    classify(
      terms = termsOf(),
      { raw = image, via, now: at = now, limits, repository: other = repository } = {},
    ) {
      return createClassifier({ limits })({ repository: other, raw, via, terms }, { now: at })
    },
  }
  return scene
}
