import {
  type AcceptedSigners,
  decisionLevel,
  decisionResource,
  parsePublicKey,
  type Requirement,
  type TrustedKey,
} from '@sallyport/attest'
import { parseDuration } from '@sallyport/policy'
import type { RevokedKeys } from '../revoke/revocation-index.ts'
import type { RequireDocument, SignerDocument, SignerNames } from './policy-document.ts'

/** A signer whose keys are read: once, and not for each repository. */
export interface KnownSigner extends Pick<SignerDocument, 'identities'> {
  readonly keys: readonly { readonly keyId: string; readonly pem: string }[]
}

/** Signers of the document by name. */
export type KnownSigners = ReadonlyMap<string, KnownSigner>

/**
 * Reads the keys of a signer.
 *
 * @throws {AttestError} `KEY_INVALID`, `KEY_UNSUPPORTED`.
 */
export function readSigner({ keys = [], identities }: SignerDocument): KnownSigner {
  return {
    keys: keys.map((text) => parsePublicKey(text)).map(({ keyId, pem }) => ({ keyId, pem })),
    identities,
  }
}

/** What a rule asks for, for images of `place` (`registry/repository`). */
export function compileRequirements(
  required: RequireDocument,
  known: KnownSigners,
  { place, revoked }: { readonly place: string; readonly revoked: RevokedKeys },
): readonly Requirement[] {
  const by = (names: SignerNames): AcceptedSigners => acceptedSigners(names, known, revoked)
  const { decision, sbom, signature, provenance, attestations = [] } = required
  const requirements: Requirement[] = []
  if (decision) {
    const { tier, gates, maxAge, breakGlass = 'refuse' } = decision
    const summary = (isBroken: boolean): Requirement => ({
      kind: 'vsa',
      name: 'decision',
      verifiers: gates.map((gate) => ({ id: gate.id, by: by(gate.by) })),
      resourceUri: decisionResource(place),
      minimumLevels: [decisionLevel(tier, { breakGlass: isBroken })],
      maxAgeMs: toMs(maxAge),
    })
    requirements.push(
      breakGlass === 'accept'
        ? { kind: 'anyOf', name: 'decision', requirements: [summary(false), summary(true)] }
        : summary(false),
    )
  }
  if (sbom) {
    const { threshold, formats, maxAge } = sbom
    requirements.push({
      kind: 'sbom',
      name: 'sbom',
      by: by(sbom.by),
      threshold,
      formats,
      maxAgeMs: toMs(maxAge),
    })
  }
  if (signature) {
    const { threshold, annotations } = signature
    requirements.push({ kind: 'signature', name: 'signature', by: by(signature.by), threshold, annotations })
  }
  if (provenance) {
    const { builders, minimumLevel, source, maxAge } = provenance
    requirements.push({
      kind: 'provenance',
      name: 'provenance',
      builders: builders.map(({ id, level, ...builder }) => ({ id, level, by: by(builder.by) })),
      minimumLevel,
      source,
      maxAgeMs: toMs(maxAge),
    })
  }
  for (const { predicateType, threshold, maxAge, ...attestation } of attestations) {
    requirements.push({
      kind: 'attestation',
      name: `attestation ${predicateType}`,
      predicateType,
      by: by(attestation.by),
      threshold,
      maxAgeMs: toMs(maxAge),
    })
  }
  return requirements
}

/** A key once, however many of the names have it: listed twice it would count twice for a threshold. */
function acceptedSigners(names: SignerNames, known: KnownSigners, revoked: RevokedKeys): AcceptedSigners {
  const signers = [names].flat().flatMap((name) => known.get(name) ?? [])
  const keys = new Map<string, TrustedKey>()
  for (const { keyId, pem } of signers.flatMap((signer) => signer.keys)) {
    const revocation = revoked.get(keyId)
    keys.set(keyId, { pem, ...(revocation && { validFor: { end: justBefore(revocation.from) } }) })
  }
  const identities = signers.flatMap((signer) => signer.identities ?? [])
  return {
    ...(keys.size > 0 && { keys: [...keys.values()] }),
    ...(identities.length > 0 && {
      identities: [...new Map(identities.map((each) => [JSON.stringify(each), each])).values()],
    }),
  }
}

/** A time of validity includes its end, and a revocation its start. */
const justBefore = (moment: Date): Date => new Date(moment.getTime() - 1)

const toMs = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : parseDuration(text)
