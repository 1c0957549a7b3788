import type { Digest } from '@sallyport/core'

/** What a statement is about; matched by digest only. */
export interface StatementSubject {
  /** For people; matches nothing. */
  readonly name?: string | undefined
  /** Digests in hex, by algorithm. */
  readonly digest: Readonly<Record<string, string>>
  /** What the signer notes about it, as with `cosign sign -a`. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** in-toto Statement v1 (in-toto attestation framework, spec/v1/statement.md). */
export interface Statement<Predicate = unknown> {
  /** Tells version 1. */
  readonly _type: 'https://in-toto.io/Statement/v1'
  /** What it is about. */
  readonly subject: readonly StatementSubject[]
  /** URI that says how the predicate is read. */
  readonly predicateType: string
  /** What it says. */
  readonly predicate: Predicate
}

/** Predicate types, as they are written; `predicateKinds` reads them and their older forms. */
export const predicateTypes = {
  cosignCustom: 'https://cosign.sigstore.dev/attestation/v1',
  cosignSign: 'https://sigstore.dev/cosign/sign/v1',
  cosignVuln: 'https://cosign.sigstore.dev/attestation/vuln/v1',
  cyclonedx: 'https://cyclonedx.org/bom',
  fileManifest: 'https://sallyport.dev/predicates/file-manifest/v1',
  link: 'https://in-toto.io/Link/v1',
  openvex: 'https://openvex.dev/ns',
  provenance: 'https://slsa.dev/provenance/v1',
  provenanceV02: 'https://slsa.dev/provenance/v0.2',
  reference: 'https://in-toto.io/attestation/reference/v0.1',
  release: 'https://in-toto.io/attestation/release/v0.1',
  runtimeTrace: 'https://in-toto.io/attestation/runtime-trace/v0.1',
  scai: 'https://in-toto.io/attestation/scai/v0.3',
  spdx: 'https://spdx.dev/Document',
  spdx3: 'https://spdx.dev/Document/v3',
  svr: 'https://in-toto.io/attestation/svr/v0.2',
  testResult: 'https://in-toto.io/attestation/test-result/v0.1',
  vsa: 'https://slsa.dev/verification_summary/v1',
  vulns: 'https://in-toto.io/attestation/vulns/v0.2',
} as const

/** Makes a statement about images by digest. */
export function createStatement<Predicate>(
  subjects: readonly { readonly name?: string | undefined; readonly digest: Digest }[],
  predicateType: string,
  predicate: Predicate,
): Statement<Predicate> {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjects.map(({ name, digest }) => {
      const [algorithm = '', hex = ''] = digest.split(':')
      return { ...(name === undefined ? {} : { name }), digest: { [algorithm]: hex } }
    }),
    predicateType,
    predicate,
  }
}
