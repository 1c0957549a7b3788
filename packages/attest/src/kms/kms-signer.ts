import type { Signer } from '../ports/signer.ts'
import { AttestError } from '../errors.ts'
import type { KmsSignerOptions } from './kms-signer-options.ts'

/**
 * A signer of a key that a reference names: `awskms://…`, `gcpkms://…`, `azurekms://…`, `hashivault://…` or `openbao://…`.
 * What else the services need comes from the environment; only the code for the one is loaded. Where settings are to
 * come from elsewhere, take `awsKmsSigner` and its like from their entry points.
 *
 * @throws {AttestError} `KMS_REFERENCE_INVALID` when the reference has another form.
 * @throws {AttestError} `KMS_UNCONFIGURED` when the environment lacks a setting.
 * @throws {AttestError} `KMS_ERROR` when the service refuses or does not answer; also from `sign`.
 * @throws {AttestError} `KEY_UNSUPPORTED` when the key is not for signing, or not of a supported kind.
 * @throws {AttestError} `SIGNING_FAILED` from `sign`, when another version signed.
 */
export async function kmsSigner(reference: string, options: KmsSignerOptions = {}): Promise<Signer> {
  switch (/^([a-z]{1,20}):\/\//.exec(reference)?.[1]) {
    case 'awskms':
      return (await import('./aws-kms-signer.ts')).awsKmsSigner(reference, options)
    case 'gcpkms':
      return (await import('./gcp-kms-signer.ts')).gcpKmsSigner(reference, options)
    case 'azurekms':
      return (await import('./azure-kms-signer.ts')).azureKmsSigner(reference, options)
    case 'hashivault':
    case 'openbao':
      return (await import('./vault-signer.ts')).vaultSigner(reference, options)
    default:
      throw new AttestError(
        'KMS_REFERENCE_INVALID',
        'expected a reference that begins with awskms://, gcpkms://, azurekms://, hashivault:// or openbao://',
      )
  }
}
