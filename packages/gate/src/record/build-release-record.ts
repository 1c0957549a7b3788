import { formatPlatform } from '@sallyport/core'
import type { KeptJudgement } from '../promote/kept-judgement.ts'
import type { AttachedEvidence } from './attached-evidence.ts'
import { countSeverities, originOf } from '../promote/findings-origin.ts'
import type { PlatformSummary } from '../promote/platform-summary.ts'
import type { PromotionRequest } from '../promote/request.ts'
import { type Resolution } from '../promote/resolution.ts'
import type { JournaledStep } from '../ports/journal.ts'
import type { ReleasedPlatform, ReleaseRecord } from './release-record.ts'

/** What a release record is made of. */
export interface ReleaseRecordParts {
  readonly request: PromotionRequest
  readonly resolution: Resolution
  readonly kept: KeptJudgement
  readonly evidence: readonly AttachedEvidence[]
  readonly verifierId: string
  readonly signers: ReleaseRecord['signers']
  readonly steps: readonly JournaledStep[]
  /** ISO 8601 time. */
  readonly finishedAt: string
}

/** Writes down a promotion that moved its tag. */
export function buildReleaseRecord({
  request: { tier, release, rollback },
  resolution: { key, source, destination, previousDigest, startedAt },
  kept,
  evidence,
  verifierId,
  signers,
  steps,
  finishedAt,
}: ReleaseRecordParts): ReleaseRecord {
  const { digest } = kept.index ?? kept.images[0]!
  return {
    schema: 'https://sallyport.dev/schemas/release-record/v1',
    key,
    source: { name: source.name, digest: source.descriptor.digest },
    target: { name: destination, digest, previousDigest },
    tier,
    release,
    rollback,
    platforms: kept.platforms.map(describePlatform),
    decision: kept.decision,
    evidence,
    verifierId,
    signers,
    startedAt,
    finishedAt,
    steps: steps.flatMap(({ name, at, summary }) =>
      summary === undefined ? [] : [{ step: name, at, summary }],
    ),
  }
}

function describePlatform({
  platform,
  before,
  after,
  hardening,
  patches,
  change,
  layers,
}: PlatformSummary): ReleasedPlatform {
  return {
    platform: formatPlatform(platform),
    sourceDigest: before.digest,
    digest: after.digest,
    packages: { before: before.packages, after: after.packages },
    bytes: { before: before.bytes, after: after.bytes },
    findings: { before: before.findings.length, after: after.findings.length },
    origin: originOf({ before, change }),
    severities: countSeverities(after.findings),
    ...(layers && { layers }),
    removed: (hardening?.removed ?? []).map(({ purl }) => ({
      purl,
      reason: `nothing that the image starts needs it (mode ${hardening!.mode})`,
    })),
    patched: (patches?.packages ?? []).flatMap(({ purl, state, available }) =>
      state === 'patched' && available !== undefined ? [{ purl, to: available }] : [],
    ),
  }
}
