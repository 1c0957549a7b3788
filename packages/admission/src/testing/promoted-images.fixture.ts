import {
  attachAttestation,
  attachSignature,
  createStatement,
  decisionLevel,
  decisionResource,
  generateSigningKey,
  keySigner,
  predicateKinds,
  predicateTypes,
  type Statement,
  type TrustedRoot,
} from '@sallyport/attest'
import { type Descriptor, type Digest, digestOf } from '@sallyport/core'
import { createRegistryClient, type Repository } from '@sallyport/oci'
import { type GeneratedImage, pushImage, type RequestHook, startRegistry } from '@sallyport/testkit'
import type { Admission } from '../admission.ts'
import type { AdmissionOptions } from '../admission-options.ts'
import { createAdmission } from '../create-admission.ts'
import { defineAdmissionPolicy } from '../policy/parse-admission-policy.ts'
import type { AdmissionPolicyDocument, RequireDocument } from '../policy/policy-document.ts'
import { pullingClients } from '../verify/pulling-clients.ts'
import { createRegistryVerifier } from '../verify/registry-verifier.ts'

/** The present at the start of each test. */
export const present = new Date('2026-11-26T12:00:00Z')
export const minute = 60_000
const gateId = 'https://sallyport.dev/gate/prod'
export const builderId = 'https://builder.example/v1'
const repositoryName = 'team/app'

/** Terms by one key, which `attach` signs with. */
export const decisionTerms: RequireDocument = {
  decision: { tier: 'prod', gates: [{ id: gateId, by: 'key' }] },
}

/** A registry with what was attached to its images, and admissions that read it. */
export interface PromotedImages extends AsyncDisposable {
  readonly place: string
  readonly repository: Repository
  push(image: GeneratedImage, tag?: string): Promise<Descriptor>
  attach(subject: Descriptor, ...statements: readonly Statement[]): Promise<void>
  sign(subject: Descriptor): Promise<void>
  /** Moves the time of all admissions. */
  advance(ms: number): void
  open(
    require: RequireDocument | undefined,
    options?: Partial<AdmissionOptions> & {
      readonly document?: Partial<AdmissionPolicyDocument>
      readonly root?: TrustedRoot
    },
  ): Admission
}

/** Starts it, with nothing in it. */
export async function startPromotedImages(onRequest?: RequestHook): Promise<PromotedImages> {
  const registry = await startRegistry({ onRequest })
  const client = createRegistryClient({ settleMs: 0, retry: { attempts: 1 } })
  const clients = pullingClients({ client: { settleMs: 0, retry: { attempts: 1 } } })
  const { privateKey, publicKey } = generateSigningKey()
  const signer = keySigner(privateKey)
  const repository = client.repository({ registry: registry.host, repository: repositoryName })
  const how = { mode: 'bundle', settleMs: 0, createdAt: present } as const
  let passed = 0
  const clock = { now: () => new Date(present.getTime() + passed) }
  return {
    place: `${registry.host}/${repositoryName}`,
    repository,
    async push(image, tag = '1') {
      await pushImage(repository, image, tag)
      return image.raw.descriptor
    },
    async attach(subject, ...statements) {
      for (const statement of statements) await attachAttestation(repository, subject, statement, signer, how)
    },
    async sign(subject) {
      await attachSignature(repository, subject, signer, how)
    },
    advance: (ms) => void (passed += ms),
    open(require, { document, root, ...options } = {}) {
      return createAdmission({
        policy: defineAdmissionPolicy(
          {
            version: 1,
            signers: { key: { keys: [publicKey] } },
            rules: [{ name: 'prod', require }],
            ...document,
          },
          { source: 'admission.yaml' },
        ),
        verifier: createRegistryVerifier({ repository: clients.repository, root, clock }),
        clock,
        elapsedMs: () => 1_000 + passed,
        ...options,
      })
    },
    async [Symbol.asyncDispose]() {
      await clients[Symbol.asyncDispose]()
      await client.close()
      await registry.close()
    },
  }
}

/** A decision about an image of a place, as a gate writes it. */
export function decisionOf(
  place: string,
  digest: Digest,
  { at = present, level = decisionLevel('prod') } = {},
): Statement {
  const predicate = predicateKinds.vsa.build({
    verifier: { id: gateId },
    timeVerified: at,
    resourceUri: decisionResource(place),
    policy: { uri: 'gate.yaml', digest: digestOf('policy') },
    result: 'PASSED',
    verifiedLevels: [level],
  })
  return createStatement([{ name: place, digest }], predicateTypes.vsa, predicate)
}

/** A CycloneDX SBOM of an image. */
export function sbomOf(digest: Digest, at = present): Statement {
  return createStatement([{ digest }], predicateTypes.cyclonedx, {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: at.toISOString(),
      component: { type: 'container', name: 'app', version: digest },
    },
    components: [],
  })
}

/** The provenance of an image. */
export function provenanceOf(digest: Digest, at = present): Statement {
  const built = predicateKinds.provenance.build({
    buildType: 'https://builder.example/type',
    externalParameters: {},
    builder: { id: builderId },
    finishedOn: at,
  })
  return createStatement([{ digest }], predicateTypes.provenance, built)
}

/** What a scanner found in an image. */
export function scanOf(digest: Digest, at = present): Statement {
  return createStatement([{ digest }], predicateTypes.vulns, {
    scanner: { uri: 'https://scanner.example', version: '1', db: {}, result: [] },
    metadata: { scanStartedOn: at.toISOString(), scanFinishedOn: at.toISOString() },
  })
}
