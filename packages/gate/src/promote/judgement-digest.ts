import { canonicalJson, type Digest, digestOf, formatPlatform } from '@sallyport/core'
import type { ImageJudgement } from '../steps/judge-image.ts'

/**
 * Digest over everything that a judgement rests on, times left out: two runs that saw the same images, packages,
 * findings, data and policy, and came to the same decision, have the same one.
 */
export function judgementDigest(judgements: readonly ImageJudgement[]): Digest {
  return digestOf(
    canonicalJson(
      judgements.map(({ platform, source, after, change, facts, decision }) => ({
        platform: formatPlatform(platform),
        source: source.descriptor.digest,
        result: after.image.raw.descriptor.digest,
        packages: after.inventory.packages.map(({ purl, evidence }) => [purl, evidence.path]),
        gaps: after.inventory.gaps,
        findings: facts.scan.findings,
        gone: change?.gone.map(({ finding, reason }) => [finding.id, finding.package.purl, reason]),
        reports: facts.scan.reports.map(({ scanner, data, status, gaps }) => ({
          scanner,
          data,
          status,
          gaps,
        })),
        usage: facts.usage,
        decision: {
          ...decision,
          evaluatedAt: null,
          // What a rule counted is in what is above. Some count against the scan before, which the first attempt has not:
          // the next one must not come to another judgement, and attach its evidence once more.
          rules: decision.rules.map((rule) => ({ ...rule, limit: null, actual: null })),
        },
      })),
    ),
  )
}
