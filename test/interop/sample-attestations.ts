import { cosignTypes, type PredicateKind, predicateKinds, predicateTypes } from '@sallyport/attest'
import { type Digest, digestOf } from '@sallyport/core'
import { singleImage } from './samples.ts'

/** An attestation that we and cosign make and read. */
export interface SampleAttestation {
  /** For `--type` of cosign. */
  readonly type: string
  readonly predicateType: string
  readonly kind: PredicateKind<unknown>
  /** As our builders write it. */
  readonly predicate: object
  /** What cosign is given to make the same, when it adds to it itself. */
  readonly file?: string | undefined
}

const at = new Date('2026-03-01T12:00:00Z')
const { digest } = singleImage.raw.descriptor
const hex = (of: Digest): string => of.slice('sha256:'.length)
const builder = 'https://builder.example/hardening'
const verifier = 'https://gate.example/prod'
const resourceUri = 'pkg:oci/app?repository_url=prod.example%2Fteam%2Fapp'
const scanReport = { matches: [{ id: 'CVE-2026-0001', severity: 'low', score: 2.5 }] }
const note = 'reviewed by <two> people & "released"\n'

/** Who and what the samples speak of, for requirements. */
export const sampleNames = { builder, verifier, resourceUri, note } as const

/** One of each type that cosign has a name for and we write, and a verification summary, for which it has none. */
export const sampleAttestations: readonly SampleAttestation[] = [
  {
    type: 'cyclonedx',
    predicateType: cosignTypes.cyclonedx,
    kind: predicateKinds.cyclonedx,
    predicate: predicateKinds.cyclonedx.build({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      serialNumber: 'urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79',
      version: 1,
      metadata: {
        timestamp: at.toISOString(),
        component: {
          type: 'container',
          name: 'app',
          hashes: [{ alg: 'SHA-256', content: hex(digest) }],
          purl: `pkg:oci/app@${digest.replace(':', '%3A')}`,
        },
      },
      components: [
        { type: 'library', name: 'zlib1g', version: '1:1.3', purl: 'pkg:deb/debian/zlib1g@1%3A1.3' },
      ],
    }),
  },
  {
    type: 'spdxjson',
    predicateType: cosignTypes.spdxjson,
    kind: predicateKinds.spdx,
    predicate: predicateKinds.spdx.build({
      SPDXID: 'SPDXRef-DOCUMENT',
      spdxVersion: 'SPDX-2.3',
      dataLicense: 'CC0-1.0',
      name: 'app',
      documentNamespace: 'https://spdx.example/app-1',
      creationInfo: { created: '2026-03-01T12:00:00Z', creators: ['Tool: example-1.0'] },
      documentDescribes: ['SPDXRef-image'],
      packages: [
        {
          SPDXID: 'SPDXRef-image',
          name: 'app',
          downloadLocation: 'NOASSERTION',
          checksums: [{ algorithm: 'SHA256', checksumValue: hex(digest) }],
        },
      ],
    }),
  },
  {
    type: 'slsaprovenance1',
    predicateType: cosignTypes.slsaprovenance1,
    kind: predicateKinds.provenance,
    predicate: predicateKinds.provenance.build({
      buildType: 'https://builder.example/hardening/v1',
      externalParameters: { profile: 'strict', steps: ['strip', 'user'] },
      resolvedDependencies: [{ uri: 'oci://build.example/team/app', digest: digestOf('source image') }],
      builder: { id: builder, version: { '@sallyport/harden': '1.0.0' } },
      invocationId: 'run-7',
      startedOn: new Date('2026-03-01T11:58:30Z'),
      finishedOn: at,
    }),
  },
  {
    type: 'vuln',
    predicateType: cosignTypes.vuln,
    kind: predicateKinds.cosignVuln,
    predicate: predicateKinds.cosignVuln.build({
      scanner: { uri: 'pkg:github/aquasecurity/trivy@0.74.0', version: '0.74.0', database: { version: '2' } },
      result: scanReport,
      scanStartedOn: new Date('2026-03-01T11:59:00Z'),
      scanFinishedOn: at,
    }),
  },
  {
    type: 'openvex',
    predicateType: cosignTypes.openvex,
    kind: predicateKinds.openvex,
    predicate: predicateKinds.openvex.build({
      id: 'https://vex.example/app-1',
      author: 'security@acme.test',
      timestamp: at,
      statements: [
        {
          vulnerability: { name: 'CVE-2026-0001' },
          products: [{ id: `pkg:oci/app@${digest.replace(':', '%3A')}` }],
          status: 'not_affected',
          justification: 'vulnerable_code_not_in_execute_path',
        },
      ],
    }),
  },
  {
    type: 'custom',
    predicateType: cosignTypes.custom,
    kind: predicateKinds.cosignCustom,
    predicate: predicateKinds.cosignCustom.build({ data: note, timestamp: at }),
    file: note,
  },
  {
    type: predicateTypes.vsa,
    predicateType: predicateTypes.vsa,
    kind: predicateKinds.vsa,
    predicate: predicateKinds.vsa.build({
      verifier: { id: verifier, version: { '@sallyport/gate': '1.0.0' } },
      timeVerified: at,
      resourceUri,
      policy: { uri: 'gate.yaml', digest: digestOf('policy') },
      result: 'PASSED',
      verifiedLevels: ['SLSA_BUILD_LEVEL_2', 'ACME_GATE_PROD'],
      extensions: { 'https://sallyport.dev/decision': { waivers: [] } },
    }),
  },
]
