import type { KeyObject } from 'node:crypto'
import type { ValidityPeriod } from '../certificates/build-certificate.ts'
import { keyAlgorithmOf } from '../keys/key-algorithm.ts'
import { spkiOf } from '../keys/signing-key.ts'
import { checkpointKeyId } from '../log/sign-checkpoint.ts'

/** From when to when something counts, in RFC 3339. */
export interface JsonValidity {
  /** Inclusive. */
  readonly start: string
  /** Inclusive. */
  readonly end?: string | undefined
}

/** A log in a {@link TrustedRoot}. */
export interface JsonLog {
  /** Its host is the name in checkpoints. */
  readonly baseUrl: string
  /** Of the tree. */
  readonly hashAlgorithm: string
  /** SPKI in base64. */
  readonly publicKey: {
    readonly rawBytes: string
    readonly keyDetails: string
    readonly validFor: JsonValidity
  }
  /** Base64. */
  readonly logId: { readonly keyId: string }
  /** Who runs it. */
  readonly operator: string
}

/** An authority in a {@link TrustedRoot}. */
export interface JsonAuthority {
  /** Of the certificates. */
  readonly subject: { readonly organization: string; readonly commonName: string }
  /** Where it is. */
  readonly uri: string
  /** DER in base64, the root last. */
  readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] }
  /** When it is trusted. */
  readonly validFor: JsonValidity
  /** Who runs it. */
  readonly operator: string
}

/** Keys and certificates that signatures are verified with (`TrustedRoot` in protobuf's JSON). */
export interface TrustedRoot {
  /** That of v0.1, which every client reads. */
  readonly mediaType: string
  /** Logs of signatures. */
  readonly tlogs: readonly JsonLog[]
  /** Those whose certificates count. */
  readonly certificateAuthorities: readonly JsonAuthority[]
  /** Logs of certificates. */
  readonly ctlogs: readonly JsonLog[]
  /** Those whose times count. */
  readonly timestampAuthorities: readonly JsonAuthority[]
}

// The public instance's; cosign 3.1 refuses the one of v0.2, `application/vnd.dev.sigstore.trustedroot.v0.2+json`.
const mediaType = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1'

/** What a trusted root is made of. */
export interface TrustedParts {
  /** Who runs everything. */
  readonly operator: string
  /** Of everything. */
  readonly validity: ValidityPeriod
  /** Logs of signatures, by the name in their checkpoints. */
  readonly tlogs: readonly { readonly hostname: string; readonly publicKey: KeyObject }[]
  /** Logs of certificates. */
  readonly ctlogs: readonly { readonly hostname: string; readonly publicKey: KeyObject }[]
  /** Certificates in DER: the issuing one first, the root last. */
  readonly certificateAuthorities: readonly {
    readonly hostname: string
    readonly chain: readonly Uint8Array[]
  }[]
  /** Certificates in DER: the signing one first, the root last. */
  readonly timestampAuthorities: readonly {
    readonly hostname: string
    readonly chain: readonly Uint8Array[]
  }[]
}

/** Writes the trusted root of these parts. */
export function buildTrustedRoot(parts: TrustedParts): TrustedRoot {
  const { operator, validity } = parts
  const validFor = jsonValidity(validity)
  const log = ({ hostname, publicKey }: TrustedParts['tlogs'][number]): JsonLog => ({
    baseUrl: `https://${hostname}`,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: spkiOf(publicKey).toString('base64'),
      keyDetails:
        publicKey.asymmetricKeyType === 'ed25519' ? 'PKIX_ED25519' : keyAlgorithmOf(publicKey).keyDetails,
      validFor,
    },
    logId: { keyId: checkpointKeyId(hostname, publicKey).toString('base64') },
    operator,
  })
  const authority = ({ hostname, chain }: TrustedParts['certificateAuthorities'][number]): JsonAuthority => ({
    subject: { organization: operator, commonName: hostname },
    uri: `https://${hostname}`,
    certChain: { certificates: chain.map((der) => ({ rawBytes: Buffer.from(der).toString('base64') })) },
    validFor,
    operator,
  })
  return {
    mediaType,
    tlogs: parts.tlogs.map(log),
    certificateAuthorities: parts.certificateAuthorities.map(authority),
    ctlogs: parts.ctlogs.map(log),
    timestampAuthorities: parts.timestampAuthorities.map(authority),
  }
}

/** One trusted root that trusts all whom these trust. */
export function joinTrustedRoots(...roots: readonly TrustedRoot[]): TrustedRoot {
  return {
    mediaType,
    tlogs: roots.flatMap(({ tlogs }) => tlogs),
    certificateAuthorities: roots.flatMap(({ certificateAuthorities }) => certificateAuthorities),
    ctlogs: roots.flatMap(({ ctlogs }) => ctlogs),
    timestampAuthorities: roots.flatMap(({ timestampAuthorities }) => timestampAuthorities),
  }
}

/** A validity in JSON. */
export const jsonValidity = ({ notBefore, notAfter }: ValidityPeriod): JsonValidity => ({
  start: notBefore.toISOString(),
  end: notAfter.toISOString(),
})
