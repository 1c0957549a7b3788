import { referenceError } from './kms-key.ts'

/** What a `gcpkms://` reference says. */
export interface GcpKmsReference {
  /** `projects/…/cryptoKeys/…` */
  readonly cryptoKey: string
  /** Number of the version, when it names one. */
  readonly version: string | undefined
}

const part = '[A-Za-z0-9_-]{1,63}'
/** Projects of organisations have a domain before a colon. */
const project = '(?:[a-z0-9.-]{1,200}:)?[A-Za-z0-9_-]{1,63}'
const pattern = new RegExp(
  `^gcpkms://(projects/${project}/locations/${part}/keyRings/${part}/cryptoKeys/${part})` +
    '(?:/(?:cryptoKeyVersions|versions)/(\\d{1,10}))?$',
)

/**
 * Reads `gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K[/versions/V | /cryptoKeyVersions/V]`.
 *
 * @throws {AttestError} `KMS_REFERENCE_INVALID` when it is anything else.
 */
export function parseGcpReference(reference: string): GcpKmsReference {
  const [, cryptoKey, version] = pattern.exec(reference) ?? []
  if (cryptoKey === undefined) {
    throw referenceError(
      { service: 'gcp-kms', reference },
      'gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K[/cryptoKeyVersions/V]',
    )
  }
  return { cryptoKey, version }
}
