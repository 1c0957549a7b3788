import { parsePublicKey } from '@sallyport/attest'
import { AdmissionError } from '../../errors.ts'

/** What another controller is to check of what the gate wrote. */
export interface GateCheckOptions {
  /** Name of the policy. */
  readonly name: string
  /** `registry/repository` each, exactly: a decision is for one repository. */
  readonly repositories: readonly string[]
  /** Tier that a decision has to be for. */
  readonly tier: string
  /** `verifier.id` of the gate. */
  readonly verifierId: string
  /** Public halves of release keys in PEM; a signature by one of them will do. */
  readonly releaseKeys: readonly string[]
  /** `audit` lets in what does not pass, and reports it. Default `enforce`. */
  readonly mode?: 'enforce' | 'audit' | undefined
}

/**
 * Checks names, keys and repositories, and gives the keys back trimmed.
 *
 * @throws {AdmissionError} `OPTIONS_INVALID`.
 */
export function checkGateOptions({ name, repositories, releaseKeys }: GateCheckOptions): readonly string[] {
  if (!/^[a-z0-9](?:[-a-z0-9]{0,251}[a-z0-9])?$/.test(name))
    throw invalid(`${JSON.stringify(name)} is no name`)
  if (repositories.length === 0) throw invalid('repositories: at least one')
  for (const repository of repositories) {
    const form = /^[a-z0-9][a-z0-9.-]*(?::\d{1,5})?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+$/
    const [host = ''] = repository.split('/', 1)
    if (!form.test(repository) || !/[.:]|^localhost$/.test(host))
      throw invalid(
        `${repository} is no repository with its registry; patterns would not bind a decision to a place`,
      )
  }
  if (releaseKeys.length === 0) throw invalid('releaseKeys: at least one')
  return releaseKeys.map((key) => {
    try {
      parsePublicKey(key)
    } catch (cause) {
      throw new AdmissionError('OPTIONS_INVALID', 'releaseKeys: expected public keys in PEM', { cause })
    }
    return `${key.trim()}\n`
  })
}

/** An option that a controller can't express. */
export function invalid(message: string): AdmissionError {
  return new AdmissionError('OPTIONS_INVALID', message)
}
