import { referenceError } from './kms-key.ts'

/** What an `azurekms://` reference says. */
export interface AzureKmsReference {
  /** The vault's whole name, e.g. `release.vault.azure.net`. */
  readonly vault: string
  /** What tokens for the vault are for, e.g. `https://vault.azure.net`. */
  readonly resource: string
  readonly name: string
  /** The version, when the reference names one. */
  readonly version: string | undefined
}

/** A token goes only to a vault of Azure: the public cloud, China or the US government, standard or HSM. */
const pattern = new RegExp(
  '^azurekms://(?<label>[A-Za-z0-9](?:[A-Za-z0-9-]{1,22}[A-Za-z0-9]))' +
    '(?:\\.(?<domain>(?:vault|managedhsm)\\.(?:azure\\.net|azure\\.cn|usgovcloudapi\\.net)))?' +
    '/(?<name>[A-Za-z0-9-]{1,127})(?:/(?<version>[a-z0-9]{0,64}))?$',
)

/**
 * Reads `azurekms://VAULT[.vault.azure.net]/KEY[/VERSION]`.
 *
 * @throws {AttestError} `KMS_REFERENCE_INVALID` when it is anything else.
 */
export function parseAzureReference(reference: string): AzureKmsReference {
  const { label, domain = 'vault.azure.net', name, version } = pattern.exec(reference)?.groups ?? {}
  if (label === undefined || name === undefined) {
    throw referenceError(
      { service: 'azure-kms', reference },
      'azurekms://VAULT[.vault.azure.net]/KEY[/VERSION], with a vault of Azure',
    )
  }
  const vault = `${label.toLowerCase()}.${domain}`
  return { vault, resource: `https://${domain}`, name, version: version || undefined }
}
