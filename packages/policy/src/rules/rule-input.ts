import type { JudgedFinding } from '../judged-finding.ts'
import { isSetAside, isTrusted } from '../suppression.ts'
import type { RuleContext } from './rule-kind.ts'

/**
 * What rules in CEL and Rego see of an image, as plain values: times are ISO 8601 text, what nobody knows is absent. Each
 * part is made when it is first asked for, and once for all rules of a decision.
 */
export type RuleInput = Readonly<Record<keyof typeof parts, unknown>>

const known = new WeakMap<RuleContext, RuleInput>()

/** The input of a decision. */
export function describeInput(context: RuleContext): RuleInput {
  const before = known.get(context)
  if (before) return before

  const input = {} as Record<keyof typeof parts, unknown>
  for (const [name, describe] of Object.entries(parts)) {
    let value: { readonly is: unknown } | undefined
    Object.defineProperty(input, name, {
      enumerable: true,
      get: () => (value ??= { is: describe(context) }).is,
    })
  }
  known.set(context, input)
  return input
}

const parts = {
  image: describeImage,
  packages: describePackages,
  findings: ({ findings }: RuleContext) => findings.map(describeFinding),
  counted: ({ counted }: RuleContext) => counted.map(describeFinding),
  evidence: describeEvidence,
  base: ({ facts }: RuleContext) => ({ ...facts.base }),
  scan: describeScan,
  distro: describeDistro,
  now: ({ now }: RuleContext) => now.toISOString(),
  tier: ({ tier }: RuleContext) => tier,
}

function describeImage({ facts }: RuleContext) {
  const { configuration, inventory, destination } = facts
  const { os, architecture, variant } = inventory.platform
  const [repository = '', tag] = splitDestination(destination)
  return {
    digest: facts.subject,
    sourceDigest: facts.sourceDigest,
    destination,
    repository,
    tag,
    artifactType: facts.artifactType,
    platform: [os, architecture, ...(variant ? [variant] : [])].join('/'),
    os,
    architecture,
    ...(configuration && {
      user: configuration.user ?? '',
      entrypoint: configuration.entrypoint,
      command: configuration.command,
      environment: configuration.environment,
      ports: configuration.exposedPorts,
      volumes: configuration.volumes,
      labels: configuration.labels,
      healthCheck: configuration.healthCheck,
      created: configuration.created,
    }),
    ...facts.files,
  }
}

/** `registry/repository` and tag. */
function splitDestination(destination: string): readonly string[] {
  const [name = ''] = destination.split('@')
  const colon = name.lastIndexOf(':')
  return colon > name.lastIndexOf('/') ? [name.slice(0, colon), name.slice(colon + 1)] : [name]
}

function describePackages({ facts }: RuleContext) {
  const usage = new Map(facts.usage.map((entry) => [entry.purl, entry.usage]))
  return facts.inventory.packages.map((pkg) => ({
    name: pkg.name,
    version: pkg.version,
    type: pkg.type,
    purl: pkg.purl,
    arch: pkg.arch,
    license: pkg.license,
    usage: usage.get(pkg.purl) ?? 'possible',
    source: pkg.source?.name,
    path: pkg.evidence.path,
  }))
}

const described = new WeakMap<JudgedFinding, object>()

function describeFinding(finding: JudgedFinding): object {
  const before = described.get(finding)
  if (before) return before
  const view = {
    id: finding.id,
    aliases: finding.aliases,
    purl: finding.purl,
    package: finding.package,
    version: finding.version,
    severity: finding.severity,
    fix: finding.fix.state,
    fixVersions: finding.fix.versions,
    usage: finding.usage,
    waived: finding.waivedBy !== undefined,
    suppressed: isTrusted(finding.suppressed),
    kev: finding.kev !== undefined,
    kevDue: finding.kev?.dueDate,
    epss: finding.epss?.probability,
    epssPercentile: finding.epss?.percentile,
    disclosed: finding.since?.disclosure,
    fixedSince: finding.since?.fix,
    firstSeen: finding.since?.firstSeen,
    note: finding.note,
  }
  described.set(finding, view)
  return view
}

function describeEvidence({ facts }: RuleContext) {
  return facts.evidence?.verified.map(({ signer, builder, ...evidence }) => ({
    kind: evidence.kind,
    predicateType: evidence.predicateType,
    digest: evidence.digest,
    subject: evidence.subject,
    keyId: signer.kind === 'key' ? signer.keyId : undefined,
    identity: signer.kind === 'certificate' ? signer.identity : undefined,
    issuer: signer.kind === 'certificate' ? signer.issuer : undefined,
    signedAt: evidence.signedAt,
    builder: builder?.id,
    level: builder?.level,
    source: evidence.source,
  }))
}

function describeScan({ facts, now }: RuleContext) {
  return {
    scanners: facts.scan.reports.map((report) => ({
      name: report.scanner.name,
      version: report.scanner.version,
      status: report.status,
      packages: report.packagesSeen,
    })),
    weaknesses: facts.scan.weaknesses?.map((weakness) => ({
      kind: weakness.kind,
      id: weakness.id,
      severity: weakness.severity,
      title: weakness.title,
      path: weakness.path,
      suppressed: isSetAside(weakness.suppressed, now),
    })),
  }
}

function describeDistro({ facts }: RuleContext) {
  const { distro } = facts.inventory
  return {
    id: distro?.id,
    version: distro?.versionId,
    codename: distro?.codename,
    supportEnds: distro?.support?.extendedEndsOn ?? distro?.support?.endsOn,
  }
}
