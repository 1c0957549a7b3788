import { type Digest, digestOf } from '@sallyport/core'
import { AttestError } from '../errors.ts'
import { toCanonicalJson } from '../internal/canonical-json.ts'
import { type ResolvedTrust, resolveTrust } from '../trust/resolve-trust.ts'
import type { TrustedRoot } from '../trust/trusted-root.ts'
import type { ConfirmationThresholds, TrustedKey } from '../trust/verification-trust.ts'
import { type CompiledRequirement, evidenceRequirementsOf } from './compiled-requirement.ts'

/** What signatures are verified with before anybody asks which requirement they satisfy. */
export interface VerificationBasis {
  readonly trust: ResolvedTrust
  /** Equal for equal trust; names it in the cache. */
  readonly digest: Digest
}

/**
 * The union of all signers of the requirements: each signature is verified once. Whom it counts for is asked afterwards,
 * and so is everything that changes with the clock, such as a key's time of validity.
 *
 * @throws {AttestError} `REQUIREMENT_INVALID` when identities are listed without a root, or one key with two algorithms.
 */
export function createVerificationBasis(
  requirements: readonly CompiledRequirement[],
  {
    root,
    thresholds = {},
    now,
  }: {
    readonly root: TrustedRoot | undefined
    readonly thresholds: ConfirmationThresholds | undefined
    readonly now: () => Date
  },
): VerificationBasis {
  const keys = new Map<string, { readonly trusted: TrustedKey; readonly name: string }>()
  for (const { name, signers } of requirements.flatMap(evidenceRequirementsOf)) {
    for (const entry of signers) {
      if (entry.kind === 'identity') {
        if (root !== undefined) continue
        throw new AttestError(
          'REQUIREMENT_INVALID',
          `${name}: identities need the trusted root that vouches for them`,
        )
      }
      const known = keys.get(entry.key.keyId)
      const { algorithm, hint } = entry.key
      if (known === undefined) {
        keys.set(entry.key.keyId, { trusted: { pem: entry.key.pem, algorithm, hint }, name })
      } else if (known.trusted.algorithm !== algorithm || known.trusted.hint !== hint) {
        throw new AttestError(
          'REQUIREMENT_INVALID',
          `${name}: key ${entry.key.keyId} has another algorithm or hint here than in ${known.name}`,
        )
      }
    }
  }
  const names = [...keys.keys()].toSorted()
  return {
    trust: resolveTrust(
      { keys: [...keys.values()].map(({ trusted }) => trusted), root, thresholds },
      { now },
    ),
    digest: digestOf(
      toCanonicalJson({
        root: root?.digest,
        keys: names.map((keyId) => {
          const { algorithm, hint } = keys.get(keyId)?.trusted ?? {}
          return { keyId, algorithm, hint }
        }),
        thresholds: { ...thresholds },
      }),
    ),
  }
}
