import { type Digest, formatPlatform } from '@sallyport/core'
import {
  createStatement,
  predicateKinds,
  predicateTypes,
  type Statement,
  type VulnsFinding,
} from '@sallyport/attest'
import type { HardenReport } from '@sallyport/harden'
import {
  describeHardening,
  provenanceOfHardening,
  type ScannedImage,
  vexOfHardening,
} from '@sallyport/harden/report'
import type { toCycloneDx } from '@sallyport/inventory/sbom'
import type { Finding } from '@sallyport/scan'
import { writeOpenVex } from '@sallyport/scan/findings'
import { packageVersion } from '../package-version.ts'
import type { ExaminedImage } from './examined-image.ts'
import type { ImageJudgement } from './judge-image.ts'

/** A statement that a promotion attaches to an image, as exact JSON-able data. */
export interface EvidenceDocument {
  /** Image or index that it is about. */
  readonly subject: Digest
  /** The statement (in-toto). */
  readonly statement: Statement
}

/** Options of {@link describeEvidence}. */
export interface DescribeEvidenceOptions {
  /** Digest of the index that lists the images, where there is one. */
  readonly index?: Digest | undefined
  /** Reference that the images go to. */
  readonly destination: string
  /** Reference that they come from. */
  readonly source: string
  /** Id of this gate, as decisions name it. */
  readonly verifierId: string
  /** When the decision was made, in ISO 8601. */
  readonly decidedAt: string
}

/**
 * The statements about the images of a promotion: SBOM, scan report and, where the image was changed, the provenance
 * of the change, and what it did to vulnerabilities as OpenVEX. Those of each platform are attached to the index too, so
 * that who asks about the index finds them; but for OpenVEX, which is about the new image alone.
 */
export async function describeEvidence(
  judgements: readonly ImageJudgement[],
  options: DescribeEvidenceOptions,
): Promise<readonly EvidenceDocument[]> {
  // The writer of SBOMs is a large library.
  const sbom = await import('@sallyport/inventory/sbom')
  return judgements.flatMap((judgement) => {
    const digest = judgement.after.image.raw.descriptor.digest
    const predicates: [string, unknown][] = [
      [predicateTypes.cyclonedx, describePackages(judgement, options, sbom.toCycloneDx)],
      [predicateTypes.vulns, describeFindings(judgement)],
      ...(judgement.hardening && judgement.source.descriptor.digest !== digest
        ? [
            [
              predicateTypes.provenance,
              describeProvenance({ ...judgement, hardening: judgement.hardening }, options),
            ] as [string, unknown],
          ]
        : []),
    ]
    const subjects = options.index ? [digest, options.index] : [digest]
    const state = (subject: Digest, type: string, predicate: unknown): EvidenceDocument => ({
      subject,
      statement: createStatement([{ name: nameOf(options.destination), digest: subject }], type, predicate),
    })
    const vex = describeChange(judgement, options)
    return [
      ...subjects.flatMap((subject) =>
        predicates.map(([type, predicate]) => state(subject, type, predicate)),
      ),
      ...(vex ? [state(digest, predicateTypes.openvex, vex)] : []),
    ]
  })
}

const nameOf = (destination: string) => destination.slice(0, destination.lastIndexOf(':'))

function describePackages(
  { after }: ImageJudgement,
  { destination, decidedAt }: DescribeEvidenceOptions,
  write: typeof toCycloneDx,
): unknown {
  const text = write(after.inventory, {
    name: nameOf(destination),
    timestamp: new Date(decidedAt),
    tool: { name: 'sallyport', version: packageVersion },
  })
  return predicateKinds.cyclonedx.build(JSON.parse(text))
}

/** What was removed and patched, as VEX statements about the new image; `undefined` when there is nothing to say. */
function describeChange(
  { before, after, change, facts }: ImageJudgement,
  { destination, verifierId, decidedAt }: DescribeEvidenceOptions,
): unknown {
  const statements =
    change &&
    vexOfHardening({
      before: before.scan.findings,
      after: after.scan.findings,
      packages: after.inventory.packages,
      kept: facts.usage,
      coverage: facts.traced ? 'complete' : 'none',
      // What nobody knows is no evidence.
    }).filter(({ status }) => status !== 'under_investigation')
  if (!statements?.length) return undefined
  return writeOpenVex({
    subject: after.image.raw.descriptor.digest,
    repository: nameOf(destination),
    author: verifierId,
    timestamp: new Date(decidedAt),
    statements,
  })
}

/** The vulns predicate 0.2 (in-toto attestation framework, predicates/vulns_02.md). */
function describeFindings({ after, platform }: ImageJudgement): unknown {
  const { reports, findings, disagreements = [] } = after.scan
  const data = reports.flatMap((report) => report.data)
  // Data counts as old as its oldest part.
  const lastUpdate = earliest(data.flatMap(({ updatedAt }) => updatedAt ?? []))
  return predicateKinds.vulns.build({
    scanner: {
      uri: 'https://sallyport.dev/gate',
      version: reports.map(({ scanner }) => `${scanner.name} ${scanner.version}`).join(', '),
      database: lastUpdate && { uri: data.map(({ name }) => name).join(', '), lastUpdate },
    },
    result: findings.map(describeFinding),
    scanStartedOn: earliest(reports.map(({ startedAt }) => startedAt))!,
    scanFinishedOn: latest(reports.map(({ finishedAt }) => finishedAt))!,
    metadata: {
      'https://sallyport.dev/platform': formatPlatform(platform),
      'https://sallyport.dev/data': data.map(({ name, updatedAt, digest }) => ({ name, updatedAt, digest })),
      'https://sallyport.dev/scan-status': reports.map(({ scanner, status }) => ({
        scanner: scanner.name,
        status,
      })),
      'https://sallyport.dev/disagreements': disagreements,
    },
  })
}

const inOrder = (times: readonly string[]): readonly Date[] =>
  times.map((time) => new Date(time)).sort((one, other) => one.getTime() - other.getTime())
const earliest = (times: readonly string[]): Date | undefined => inOrder(times).at(0)
const latest = (times: readonly string[]): Date | undefined => inOrder(times).at(-1)

function describeFinding(finding: Finding): VulnsFinding {
  const { id, aliases, package: found, severity, ratings, fix, scanners, suppressed } = finding
  return {
    id,
    severity: [
      { method: 'sallyport', score: severity },
      ...ratings
        .filter(({ score }) => score !== undefined)
        .map(({ source, score, vector }) => ({ method: vector ?? source, score: String(score) })),
    ],
    annotations: [
      { purl: found.purl, aliases, fixState: fix.state, fixedIn: fix.versions, scanners, suppressed },
    ],
  }
}

/** SLSA provenance v1: hardening is a build whose material is the source image. */
function describeProvenance(
  { before, after, hardening, patches, platform }: ImageJudgement & { readonly hardening: HardenReport },
  { source: from, verifierId, decidedAt }: DescribeEvidenceOptions,
): unknown {
  const refusals = patches?.packages.flatMap(({ purl, state, reason }) =>
    state === 'refused' ? [{ purl, reason: reason ?? state }] : [],
  )
  const document = describeHardening({
    report: hardening,
    before: toScanned(before),
    after: toScanned(after),
    coverage: hardening.coverage,
    refusals,
  })
  return provenanceOfHardening(document, {
    source: from,
    platform: formatPlatform(platform),
    builder: { id: verifierId, version: { '@sallyport/gate': packageVersion } },
    finishedOn: new Date(decidedAt),
  })
}

const toScanned = ({ image, inventory, scan }: ExaminedImage): ScannedImage => ({
  digest: image.raw.descriptor.digest,
  findings: scan.findings,
  packages: inventory.packages,
  bytes: image.layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
})
