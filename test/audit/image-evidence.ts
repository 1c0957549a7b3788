import {
  type AttestationItem,
  createStatement,
  decisionLevel,
  decisionResource,
  type EvidenceItem,
  generateSigningKey,
  keySigner,
  predicateKinds,
  predicateTypes,
  type Signer,
  signStatement,
} from '@sallyport/attest'
import { type Descriptor, type Digest, digestOf } from '@sallyport/core'
import type { Inventory, Package } from '@sallyport/inventory'
import { toCycloneDx } from '@sallyport/inventory/sbom'
import type { ImageKind } from './image-kinds.ts'

export const tier = 'prod'
export const verifierId = `https://sallyport.dev/gate/${tier}`
export const builderId = 'https://build.example/runner'

/** Whose signatures there are: one that counts, and one that does not. */
export interface EvidenceKeys {
  readonly trusted: Signer
  readonly other: Signer
}

/** Keys of a registry, made anew for each. */
export function createKeys(): EvidenceKeys {
  const [trusted, other] = [generateSigningKey(), generateSigningKey()].map((pair) =>
    keySigner(pair.privateKey),
  )
  return { trusted: trusted!, other: other! }
}

/** A package with a known weakness, and one without. */
const weak = packageOf('openssl', '3.0.1-1')
const sound = packageOf('zlib1g', '1:1.2.13.dfsg-1')

function packageOf(name: string, version: string): Package {
  return {
    type: 'deb',
    name,
    version,
    purl: `pkg:deb/debian/${name}@${version}?arch=amd64&distro=debian-12`,
    files: [],
    evidence: { path: '/var/lib/dpkg/status', layer: 0, diffId: digestOf('layer'), method: 'dpkg-status' },
  }
}

/** What evidence of an image is made of. */
export interface EvidenceOfOptions {
  readonly kind: ImageKind
  /** `registry/repository`. */
  readonly repository: string
  readonly keys: EvidenceKeys
  readonly policyDigest: Digest
  readonly decidedAt: Date
  readonly staleSince: Date
}

/** Everything that is attached to an image of a kind; nothing for an image that came in another way. */
export function evidenceOf(subject: Descriptor, options: EvidenceOfOptions): readonly EvidenceItem[] {
  const { kind, repository, keys } = options
  if (kind === 'unsigned' || kind === 'error') return []
  const signer = kind === 'wrong-identity' ? keys.other : keys.trusted
  const attestation = (type: string, predicate: unknown): AttestationItem => ({
    subject,
    statement: createStatement([{ name: repository, digest: subject.digest }], type, predicate),
    signer: keys.trusted,
  })
  return [
    ...(kind === 'unverifiable' ? [] : [{ subject, reference: repository, signer }]),
    ...(kind === 'no-sbom' ? [] : [attestation(predicateTypes.cyclonedx, sbomOf(subject.digest, options))]),
    ...(kind === 'no-provenance' ? [] : [attestation(predicateTypes.provenance, provenance())]),
    ...(kind === 'no-decision' ? [] : [attestation(predicateTypes.vsa, decisionOf(options))]),
  ]
}

/** A signature of the image by the right key, as a bundle, with one bit of it turned. */
export async function spoiledSignature(
  subject: Descriptor,
  { repository, keys }: Pick<EvidenceOfOptions, 'repository' | 'keys'>,
): Promise<Buffer> {
  const statement = createStatement(
    [{ name: repository, digest: subject.digest }],
    predicateTypes.cosignSign,
    {},
  )
  const { bundle } = await signStatement(statement, keys.trusted)
  const json = JSON.parse(Buffer.from(bundle).toString()) as {
    dsseEnvelope: { signatures: { sig: string }[] }
  }
  const [signature] = json.dsseEnvelope.signatures
  const bytes = Buffer.from(signature!.sig, 'base64')
  bytes[bytes.length - 1]! ^= 1
  signature!.sig = bytes.toString('base64')
  return Buffer.from(JSON.stringify(json))
}

function sbomOf(digest: Digest, { kind, repository, decidedAt }: EvidenceOfOptions): unknown {
  const inventory: Inventory = {
    subject: kind === 'sbom-disagrees' ? digestOf('another image') : digest,
    platform: { os: 'linux', architecture: 'amd64' },
    distro: { id: 'debian', versionId: '12', idLike: [], prettyName: 'Debian GNU/Linux 12 (bookworm)' },
    packages: [kind === 'would-fail-today' ? weak : sound],
    gaps: [],
  }
  const text = toCycloneDx(inventory, {
    name: repository,
    timestamp: decidedAt,
    tool: { name: 'sallyport', version: '0.0.0' },
  })
  return predicateKinds.cyclonedx.build(JSON.parse(text))
}

const provenance = (): unknown =>
  predicateKinds.provenance.build({
    buildType: 'https://build.example/image/v1',
    externalParameters: { ref: 'main' },
    builder: { id: builderId },
  })

function decisionOf({ kind, repository, policyDigest, decidedAt, staleSince }: EvidenceOfOptions): unknown {
  return predicateKinds.vsa.build({
    verifier: { id: verifierId },
    timeVerified: kind === 'decision-stale' ? staleSince : decidedAt,
    resourceUri: decisionResource(kind === 'decision-elsewhere' ? `${repository}-elsewhere` : repository),
    policy: { uri: 'gate.yaml', digest: policyDigest },
    inputAttestations: [],
    result: 'PASSED',
    verifiedLevels: [decisionLevel(tier)],
  })
}
