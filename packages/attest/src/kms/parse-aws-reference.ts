import { referenceError } from './kms-key.ts'

/** What an `awskms://` reference says. */
export interface AwsKmsReference {
  /** Host and port of the API, when it names them. */
  readonly endpoint: string | undefined
  /** Key id, alias or the ARN of either. */
  readonly keyId: string
  /** That of the ARN. */
  readonly region: string | undefined
  /** The bare id of a key, `undefined` for an alias. */
  readonly id: string | undefined
}

const id = '(?:mrk-)?[A-Fa-f0-9]{8}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{12}'
const pattern = new RegExp(
  // A host has no empty label.
  '^awskms://(?!\\.|[^/]*\\.\\.)(?<endpoint>[A-Za-z0-9.-]{1,253}(?::\\d{1,5})?)?/(?<keyId>' +
    `(?:(?<bare>${id})|alias/[\\w/-]{1,250})|` +
    `arn:(?:aws|aws-us-gov|aws-cn):kms:(?<region>[a-z0-9-]{1,40}):\\d{12}:(?:key/(?<named>${id})|alias/[\\w/-]{1,250})` +
    ')$',
)

/**
 * Reads `awskms://[ENDPOINT]/[ID|ALIAS|ARN]`, e.g. `awskms:///alias/release`.
 *
 * @throws {AttestError} `KMS_REFERENCE_INVALID` when it is anything else.
 */
export function parseAwsReference(reference: string): AwsKmsReference {
  const { endpoint, keyId, region, bare, named } = pattern.exec(reference)?.groups ?? {}
  if (keyId === undefined) {
    throw referenceError({ service: 'aws-kms', reference }, 'awskms://[ENDPOINT]/[ID|ALIAS|ARN]')
  }
  return { endpoint, keyId, region, id: bare ?? named }
}
