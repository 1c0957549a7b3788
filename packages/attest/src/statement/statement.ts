import type { Digest } from '@sallyport/core'

/** What a statement is about; matched by digest only. */
export interface StatementSubject {
  readonly name?: string | undefined
  readonly digest: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** in-toto Statement v1 (in-toto attestation framework, spec/v1/statement.md). */
export interface Statement<Predicate = unknown> {
  readonly _type: 'https://in-toto.io/Statement/v1'
  readonly subject: readonly StatementSubject[]
  readonly predicateType: string
  readonly predicate: Predicate
}

/** Predicate types that the gate writes. */
export const predicateTypes = {
  cosignSign: 'https://sigstore.dev/cosign/sign/v1',
  cyclonedx: 'https://cyclonedx.org/bom',
  vulns: 'https://in-toto.io/attestation/vulns/v0.2',
  provenance: 'https://slsa.dev/provenance/v1',
  vsa: 'https://slsa.dev/verification_summary/v1',
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
