import { createStatement, type Statement } from '@sallyport/attest'
import type { Digest } from '@sallyport/core'
import type { Decision } from '@sallyport/policy'

/** Predicate type of the statement that somebody let an image through. */
export const breakGlassType = 'https://sallyport.dev/predicates/break-glass/v1'

/** Options of {@link describeBreakGlass}. */
export interface DescribeBreakGlassOptions {
  readonly verifierId: string
}

/**
 * Says that somebody let an image through, why, and what stood against it. Attached beside the decision, so that whoever
 * reads the image's evidence finds it without knowing the policy.
 *
 * @throws {TypeError} when nobody did.
 */
export function describeBreakGlass(
  subject: Digest,
  { breakGlass, destination, tier, policy, evaluatedAt, reasons }: Decision,
  { verifierId }: DescribeBreakGlassOptions,
): Statement {
  if (!breakGlass) throw new TypeError('nobody broke the glass')
  const repository = destination.slice(0, destination.lastIndexOf(':'))
  return createStatement([{ name: repository, digest: subject }], breakGlassType, {
    verifier: { id: verifierId },
    destination,
    tier,
    policy: { uri: policy.source, digest: policy.digest },
    at: evaluatedAt,
    ...breakGlass,
    overridden: reasons
      .filter(({ effect }) => effect === 'fail')
      .map(({ code, rule, message }) => ({ code, rule, message })),
  })
}
