import {
  type ConfirmationThresholds,
  type IdentitySigner,
  type KeylessSigner,
  parsePublicKey,
  type Signer,
  type StorageMode,
  type TrustedRoot,
  type VerificationTrust,
  type Witness,
} from '@sallyport/attest'
import { GateError } from '../errors.ts'
import type { SignedBy } from '../record/signed-by.ts'

/** Signs for a gate: with a key, or as an identity that has a key certified for minutes. */
export type GateSigner = Signer | IdentitySigner

/** Who confirms the signatures of a gate, and by what that is verified when a promotion is read back. */
export interface SignatureConfirmation {
  /** Logs and timestamp authorities; all of them confirm each signature. Certificates need one that vouches for the time. */
  readonly witnesses: readonly Witness[]
  /** Authorities behind the certificates and the witnesses: the root that consumers verify by. */
  readonly root: TrustedRoot
  /** How many confirmations a signature needs when it is read back. Default: as for everybody who verifies. */
  readonly thresholds?: ConfirmationThresholds | undefined
}

/** What a gate signs with. */
interface Signing {
  readonly signer: { readonly evidence: GateSigner; readonly release: GateSigner }
  readonly confirmation?: SignatureConfirmation | undefined
}

/** By whom what a signer signs is signed. */
export const signedBy = (signer: GateSigner): SignedBy =>
  'certify' in signer ? { identity: signer.identity } : { keyId: signer.keyId }

/** In which forms a gate stores what it signs. */
export function evidenceModeOf({
  signer: { evidence, release },
  evidenceMode,
}: Pick<Signing, 'signer'> & { readonly evidenceMode?: StorageMode | undefined }): StorageMode {
  const isIdentity = [evidence, release].some((each) => 'certify' in each)
  return evidenceMode ?? (isIdentity ? 'bundle' : 'both')
}

/** Whose signatures a gate believes when it reads a promotion back: its own, and no others. */
export function trustOf({ signer, confirmation }: Signing): VerificationTrust {
  const both = [signer.evidence, signer.release]
  return {
    keys: [...new Set(both.flatMap((each) => ('certify' in each ? [] : [each.publicKey])))],
    identities: both.flatMap((each) => ('certify' in each ? [each.identity] : [])),
    ...confirmationTrust(confirmation),
  }
}

/** By what certificates and confirmations are verified. */
export const confirmationTrust = (
  confirmation: SignatureConfirmation | undefined,
): Pick<VerificationTrust, 'root' | 'thresholds'> | undefined =>
  confirmation && { root: confirmation.root, thresholds: confirmation.thresholds }

/**
 * Checks that a gate can sign, and that it does not approve itself.
 *
 * @throws {GateError} `OPTIONS_INVALID` where it signs as an identity that nobody names or confirms, or where who runs it could let
 *   everything through, being one of those who approve.
 */
export function checkSigners({
  approvalKeys = [],
  signer,
  confirmation,
}: Signing & { readonly approvalKeys?: readonly string[] | undefined }): void {
  const both: readonly (Signer | KeylessSigner)[] = [signer.evidence, signer.release]
  // Types say so to nobody who writes JavaScript; what an unnamed one signs could not be told from what others do.
  if (both.some((each) => 'certify' in each && each.identity === undefined))
    throw new GateError(
      'OPTIONS_INVALID',
      'a signer without a key has to say as whom it signs: give its identity',
    )
  if (confirmation === undefined && both.some((each) => 'certify' in each))
    throw new GateError(
      'OPTIONS_INVALID',
      'an identity signs with a certificate that ends within minutes: give confirmation, the witnesses of its time and the root to verify by',
    )
  const own = both.flatMap((each) => ('certify' in each ? [] : [each.keyId]))
  if (approvalKeys.some((pem) => own.includes(parsePublicKey(pem).keyId)))
    throw new GateError('OPTIONS_INVALID', 'an approval key is one of the keys that the gate signs with')
}
