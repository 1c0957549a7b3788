import { digestOf } from '@sallyport/core'
import type { PolicyIssue } from '../errors.ts'
import { policySchema, type PolicyDocument } from './policy.schema.ts'
import { createTier } from '../evaluate/create-tier.fixture.ts'
import type { Policy } from './policy.ts'
import { invalidDocument, readDocument, type ReadDocument } from './read-document.ts'

/** Options of {@link parsePolicy}. */
export interface ParsePolicyOptions {
  /** File name or URI of the document, for messages and for the decision. */
  readonly source: string
}

/**
 * Reads a policy document (YAML 1.2, or JSON). Unknown fields, duplicate keys, unknown tiers in waivers and dates that
 * don't exist are refused, because a rule that is misspelt must not silently not apply.
 *
 * @throws {PolicyError} `POLICY_INVALID` with line and column of each issue.
 * @throws {PolicyError} `LIMIT_EXCEEDED` above 1 MiB.
 */
export function parsePolicy(text: string, { source }: ParsePolicyOptions): Policy {
  const document = readDocument(text, { source, schema: policySchema })
  const issues = findContradictions(document)
  if (issues.length > 0) throw invalidDocument(source, issues)
  return toPolicy(document.data, source, text)
}

function toPolicy({ tiers }: PolicyDocument, source: string, text: string): Policy {
  return {
    source,
    digest: digestOf(text),
    tiers: new Map(
      Object.entries(tiers).map(([name, { thresholds, maxDataAge, accept = [] }]) => [
        name,
        createTier(thresholds, {
          name,
          preconditions: maxDataAge === undefined ? {} : { dataAge: { atMost: `${maxDataAge / 60_000}m` } },
          acceptedGaps: accept.map(({ gap, images, reason }) => ({ code: gap, images, reason })),
        }),
      ]),
    ),
  }
}

function findContradictions({
  data: { tiers, waivers = [] },
  issueAt,
}: ReadDocument<PolicyDocument>): PolicyIssue[] {
  const issues: PolicyIssue[] = []
  const report = (path: readonly PropertyKey[], message: string) => issues.push(issueAt(path, message))

  for (const [name, { thresholds }] of Object.entries(tiers)) {
    const seen = new Set<string>()
    for (const [index, threshold] of thresholds.entries()) {
      if (seen.has(threshold.name))
        report(['tiers', name, 'thresholds', index, 'name'], `a second threshold named "${threshold.name}"`)
      seen.add(threshold.name)
    }
  }
  const ids = new Set<string>()
  for (const [index, waiver] of waivers.entries()) {
    if (ids.has(waiver.id)) report(['waivers', index, 'id'], `a second waiver with id "${waiver.id}"`)
    ids.add(waiver.id)
    for (const [position, tier] of (waiver.tiers ?? []).entries()) {
      if (!Object.hasOwn(tiers, tier))
        report(['waivers', index, 'tiers', position], `no tier is named "${tier}"`)
    }
  }
  return issues
}
