import { referenceError } from './kms-key.ts'

const pattern = /^(?:hashivault|openbao):\/\/(\w(?:[\w.-]{0,253}\w)?)$/

/**
 * Reads `hashivault://KEY`, or `openbao://KEY`, and returns the key's name.
 *
 * @throws {AttestError} `KMS_REFERENCE_INVALID` when it is anything else.
 */
export function parseVaultReference(reference: string): string {
  const name = pattern.exec(reference)?.[1]
  if (name === undefined) throw referenceError({ service: 'vault', reference }, 'hashivault://KEY')
  return name
}
