import { type Digest, digestOf } from '@sallyport/core'
import { AttestError } from '../errors.ts'
import type { KeylessSigner, Signer } from '../ports/signer.ts'
import { type SigningOptions, signPayload } from '../signing/sign-payload.ts'
import { isAbout } from '../statement/is-about.ts'
import { serializeStatement } from '../statement/serialize-statement.ts'
import { type SignedStatement, signSerialized, signStatement } from '../statement/sign-statement.ts'
import { createStatement, predicateTypes, type Statement } from '../statement/statement.ts'
import type { AttestationItem, EvidenceItem, SignatureItem } from './evidence-item.ts'
import { legacyAnnotations } from './legacy-annotations.ts'
import { createSimpleSigning } from './simple-signing.ts'
import type { LegacyLayer } from './tag-place.ts'
import { wireFormat } from './wire-format.ts'

/** A layer and the key that signed it. */
export interface SignedLayer {
  readonly keyId: string
  readonly layer: LegacyLayer
}

/** A form of a piece of evidence; it is signed only when it is not there yet. */
export type EvidenceForm =
  | { readonly store: 'bundle'; readonly payload: Digest; readonly make: () => Promise<SignedStatement> }
  | {
      readonly store: 'legacy-signature' | 'legacy-attestation'
      readonly payload: Digest
      readonly make: () => Promise<SignedLayer>
    }

/** The forms of one piece of evidence. */
export interface EvidenceForms {
  readonly predicateType: string
  readonly forms: readonly EvidenceForm[]
}

/** Options of {@link describeForms}. */
export interface DescribeFormsOptions extends SigningOptions {
  /** The signer itself, or a keyless one with its certificate. */
  readonly certify: (signer: Signer | KeylessSigner) => Promise<Signer | KeylessSigner>
}

/**
 * The forms in which something is attached.
 *
 * @throws {AttestError} `STATEMENT_INVALID` when a statement is not about its subject, or is not plain JSON data.
 */
export function describeForms(item: EvidenceItem, options: DescribeFormsOptions): EvidenceForms {
  return 'statement' in item ? formsOfAttestation(item, options) : formsOfSignature(item, options)
}

/** One signature serves both forms. */
function formsOfAttestation(
  { subject, statement, signer }: AttestationItem,
  { certify, ...options }: DescribeFormsOptions,
): EvidenceForms {
  if (!isAbout(statement, subject.digest))
    throw new AttestError('STATEMENT_INVALID', `the statement is not about ${subject.digest}`)
  const serialized = serializeStatement(statement)
  const payload = digestOf(serialized)
  const { predicateType } = statement
  const sign = lazily(async () => signSerialized(statement, serialized, await certify(signer), options))
  const toLayer = async (): Promise<SignedLayer> => {
    const signed = await sign()
    const annotations = {
      [wireFormat.annotations.signature]: '',
      [wireFormat.annotations.predicateType]: predicateType,
      ...legacyAnnotations(signed, 'att'),
    }
    const layer = {
      suffix: 'att',
      mediaType: wireFormat.envelope,
      bytes: signed.envelope,
      annotations,
    } as const
    return { keyId: signed.keyId, layer }
  }
  return {
    predicateType,
    forms: [
      { store: 'bundle', payload, make: sign },
      { store: 'legacy-attestation', payload, make: toLayer },
    ],
  }
}

/** The forms are two signatures. */
function formsOfSignature(
  { subject, reference, annotations = {}, signer }: SignatureItem,
  { certify, ...options }: DescribeFormsOptions,
): EvidenceForms {
  const statement = createSignatureStatement(subject.digest, annotations)
  const simple = createSimpleSigning({ image: subject.digest, reference, annotations })
  const toLayer = async (): Promise<SignedLayer> => {
    const signed = await signPayload(simple, await certify(signer), options)
    const layer = {
      suffix: 'sig',
      mediaType: wireFormat.simpleSigning,
      bytes: simple,
      annotations: {
        [wireFormat.annotations.signature]: Buffer.from(signed.signature).toString('base64'),
        ...legacyAnnotations(signed, 'sig'),
      },
    } as const
    return { keyId: signed.keyId, layer }
  }
  return {
    predicateType: predicateTypes.cosignSign,
    forms: [
      {
        store: 'bundle',
        payload: digestOf(serializeStatement(statement)),
        make: async () => signStatement(statement, await certify(signer), options),
      },
      { store: 'legacy-signature', payload: digestOf(simple), make: toLayer },
    ],
  }
}

/** What `cosign sign` signs for a bundle. */
function createSignatureStatement(
  image: Digest,
  annotations: Readonly<Record<string, string>>,
): Statement<Record<string, never>> {
  const statement = createStatement([{ digest: image }], predicateTypes.cosignSign, {})
  if (Object.keys(annotations).length === 0) return statement
  return { ...statement, subject: statement.subject.map((each) => ({ ...each, annotations })) }
}

/** Runs once, when it is first asked for. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
