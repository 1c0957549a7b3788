import { type Digest, formatPlatform } from '@sallyport/core'
import { createStatement, predicateTypes, type Statement } from '@sallyport/attest'
import { toCycloneDx } from '@sallyport/inventory'
import type { Finding } from '@sallyport/scan'
import type { ImageJudgement } from './judge-image.ts'

/** A statement that a promotion attaches to an image, as exact JSON-able data. */
export interface EvidenceDocument {
  readonly subject: Digest
  readonly statement: Statement
}

/** Options of {@link describeEvidence}. */
export interface DescribeEvidenceOptions {
  readonly index?: Digest | undefined
  readonly destination: string
  readonly source: string
  readonly verifierId: string
  readonly decidedAt: string
}

/** Build type of the provenance that a hardening run writes. */
export const hardeningBuildType = 'https://sallyport.dev/build-types/hardening/v1'

/**
 * The statements about the images of a promotion: SBOM, scan report and, where the image was changed, the provenance
 * of the change. Those of each platform are attached to the index too, so that who asks about the index finds them.
 */
export function describeEvidence(
  judgements: readonly ImageJudgement[],
  options: DescribeEvidenceOptions,
): readonly EvidenceDocument[] {
  return judgements.flatMap((judgement) => {
    const digest = judgement.after.image.raw.descriptor.digest
    const predicates: [string, unknown][] = [
      [predicateTypes.cyclonedx, describePackages(judgement, options)],
      [predicateTypes.vulns, describeFindings(judgement)],
      ...(judgement.hardening && judgement.source.descriptor.digest !== digest
        ? [[predicateTypes.provenance, describeHardening(judgement, options)] as [string, unknown]]
        : []),
    ]
    const subjects = options.index ? [digest, options.index] : [digest]
    return subjects.flatMap((subject) =>
      predicates.map(([type, predicate]) => ({
        subject,
        statement: createStatement([{ name: nameOf(options.destination), digest: subject }], type, predicate),
      })),
    )
  })
}

const nameOf = (destination: string) => destination.slice(0, destination.lastIndexOf(':'))

function describePackages(
  { after }: ImageJudgement,
  { destination, decidedAt }: DescribeEvidenceOptions,
): unknown {
  const text = toCycloneDx(after.inventory, {
    name: nameOf(destination),
    timestamp: new Date(decidedAt),
    tool: { name: 'sallyport', version: '0.0.0' },
  })
  return JSON.parse(text)
}

/** The vulns predicate 0.2 (in-toto attestation framework, predicates/vulns_02.md). */
function describeFindings({ after, platform }: ImageJudgement): unknown {
  const reports = after.scan.reports
  return {
    scanner: {
      uri: 'https://sallyport.dev/gate',
      version: reports.map(({ scanner }) => `${scanner.name} ${scanner.version}`).join(', '),
      db: {
        uri: reports.flatMap(({ data }) => data.map(({ name }) => name)).join(', '),
        lastUpdate: reports
          .flatMap(({ data }) => data.flatMap(({ updatedAt }) => (updatedAt ? [updatedAt] : [])))
          .sort()
          .at(0),
      },
      result: after.scan.findings.map(describeFinding),
    },
    metadata: {
      scanStartedOn: reports
        .map(({ startedAt }) => startedAt)
        .sort()
        .at(0),
      scanFinishedOn: reports
        .map(({ finishedAt }) => finishedAt)
        .sort()
        .at(-1),
      'https://sallyport.dev/platform': formatPlatform(platform),
      'https://sallyport.dev/coverage': reports.map(({ scanner, coverage }) => ({
        scanner: scanner.name,
        coverage,
      })),
    },
  }
}

function describeFinding({ id, aliases, package: found, severity, ratings, fix }: Finding): unknown {
  return {
    id,
    severity: [
      { method: 'sallyport', score: severity },
      ...ratings
        .filter(({ score }) => score !== undefined)
        .map(({ source, score, vector }) => ({ method: vector ?? source, score: String(score) })),
    ],
    annotations: [{ purl: found.purl, aliases, fixState: fix.state, fixedIn: fix.versions }],
  }
}

/** SLSA provenance v1: hardening is a build whose material is the source image. */
function describeHardening(
  { source, hardening, platform, facts }: ImageJudgement,
  { source: from, verifierId, decidedAt }: DescribeEvidenceOptions,
): unknown {
  const [algorithm, hex] = source.descriptor.digest.split(':') as [string, string]
  return {
    buildDefinition: {
      buildType: hardeningBuildType,
      externalParameters: { source: from, mode: hardening!.mode, platform: formatPlatform(platform) },
      internalParameters: {},
      resolvedDependencies: [{ uri: `oci://${from}`, digest: { [algorithm]: hex } }],
    },
    runDetails: {
      builder: { id: verifierId },
      metadata: { finishedOn: decidedAt },
      byproducts: [
        {
          name: 'hardening-report',
          content: Buffer.from(
            JSON.stringify({
              removed: hardening!.removed.map(({ purl, bytes, files }) => ({ purl, bytes, files })),
              removedPaths: hardening!.removedPaths.length,
              invariants: hardening!.invariants.map(({ id, holds }) => ({ id, holds })),
              kept: facts.usage.map(({ purl, usage, keptBy }) => ({ purl, usage, keptBy: keptBy?.reason })),
            }),
          ).toString('base64'),
          mediaType: 'application/json',
        },
      ],
    },
  }
}
