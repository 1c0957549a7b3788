import { digestOf } from '@sallyport/core'
import type { Package } from '@sallyport/inventory'
import { parseDuration } from '../document/duration.ts'
import { PolicyError } from '../errors.ts'
import type { PolicyFacts, VerifiedEvidence } from '../facts.ts'
import type { CaseEvidence, CaseFacts } from './policy-case.ts'
import { type CaseFinding, readFinding } from './read-finding.ts'
import { readPackageName } from './read-package-name.ts'

const subject = digestOf('image of a policy case')
const harmless = 'base-files@12.4'

const predicateTypes: Readonly<Record<CaseEvidence['kind'], string>> = {
  signature: 'https://sigstore.dev/cosign/sign/v1',
  sbom: 'https://cyclonedx.org/bom',
  provenance: 'https://slsa.dev/provenance/v1',
  vex: 'https://openvex.dev/ns/v0.2.0',
  scan: 'https://in-toto.io/attestation/vulns/v0.1',
  decision: 'https://slsa.dev/verification_summary/v1',
  other: 'https://example.com/other',
}

/**
 * The facts that the short form of a case stands for: an image of Debian 12 that was scanned completely an hour after its
 * data were made, with what the case names.
 *
 * @throws {PolicyError} `POLICY_INVALID` for a word that is not understood.
 */
export function toFacts(facts: CaseFacts, now: Date): PolicyFacts {
  const findings = (facts.findings ?? []).map((text) => {
    const read = readFinding(text)
    if ('fault' in read) throw new PolicyError('POLICY_INVALID', `finding "${text}": ${read.fault}`)
    return read
  })
  const packages = readPackages(facts, findings)
  const trace = facts.trace ?? 'none'
  return {
    subject,
    destination: facts.destination ?? 'prod.example/app:1',
    inventory: {
      subject,
      platform: { os: 'linux', architecture: 'amd64' },
      ...readDistro(facts.distro ?? 'debian-12'),
      packages: [...packages.values()],
      gaps: (facts.gaps ?? []).map((gap) => {
        const [code, message] = splitWord(gap)
        return { code: code as PolicyFacts['inventory']['gaps'][number]['code'], message: message || code }
      }),
    },
    scan: {
      subject,
      reports: [
        {
          scanner: { name: 'test', version: '1' },
          subject,
          startedAt: now.toISOString(),
          finishedAt: now.toISOString(),
          data: [{ name: 'advisories', ...instantOfAge('updatedAt', facts.dataAge ?? '1h', now) }],
          status: 'complete',
          tells: ['kev', 'epss'],
          gaps: [],
          findings: findings.map(({ finding }) => finding),
        },
      ],
      findings: findings.map(({ finding }) => finding),
    },
    failures: (facts.failures ?? []).map((failure) => {
      const [step, rest] = splitWord(failure)
      const [code, message] = splitWord(rest)
      return { step, code: code || 'FAILED', message: message || 'no answer' }
    }),
    usage: [...packages].map(([purl, { name }]) => ({
      purl,
      usage:
        facts.usage?.[purl] ??
        facts.usage?.[name] ??
        findings.find(({ finding, usage }) => finding.package.purl === purl && usage)?.usage ??
        'linked',
      chain: [],
    })),
    ...(trace !== 'none' && { traced: trace === 'complete', traceCoverage: trace }),
    platforms: facts.platforms ?? { present: ['linux/amd64'], judged: ['linux/amd64'] },
    ...(facts.configuration && {
      configuration: {
        entrypoint: [],
        command: [],
        environment: [],
        exposedPorts: [],
        volumes: [],
        labels: {},
        healthCheck: false,
        ...given(facts.configuration),
      },
    }),
    ...(facts.files && {
      files: { setuid: [], capabilities: {}, shells: [], worldWritable: [], ...given(facts.files) },
    }),
    ...(facts.base && { base: facts.base }),
    ...(facts.evidence && {
      evidence: {
        verified: facts.evidence.map((evidence, index) => toEvidence(evidence, index, now)),
        rejected: [],
      },
    }),
    ...(facts.artifactType !== undefined && { artifactType: facts.artifactType }),
    firstSeen: findings.flatMap(({ finding, firstSeen }) =>
      firstSeen === undefined ? [] : [{ id: finding.id, purl: finding.package.purl, at: firstSeen }],
    ),
    ...(facts.previous && { previous: facts.previous }),
    removed: [],
  }
}

/** The fields that are there. */
const given = <T extends object>(fields: T): { [Name in keyof T]: Exclude<T[Name], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never

function readPackages(facts: CaseFacts, findings: readonly CaseFinding[]): ReadonlyMap<string, Package> {
  const named = [harmless, ...(facts.packages ?? [])].map((text) => {
    const found = readPackageName(text)
    if (!found) {
      throw new PolicyError(
        'POLICY_INVALID',
        `package "${text}": expected name@version or a purl with a version`,
      )
    }
    return found
  })
  return new Map(
    [...named, ...findings.map(({ finding }) => finding.package)].map(({ purl, type, name, version }) => [
      purl,
      {
        type: type as Package['type'],
        name,
        version,
        purl,
        files: [],
        evidence: { path: '/var/lib/dpkg/status', layer: 0, diffId: subject, method: 'test' },
      },
    ]),
  )
}

function readDistro(text: string): Pick<PolicyFacts['inventory'], 'distro'> {
  if (text === 'none') return {}
  const dash = text.lastIndexOf('-')
  return {
    distro:
      dash === -1
        ? { id: text, idLike: [] }
        : { id: text.slice(0, dash), versionId: text.slice(dash + 1), idLike: [] },
  }
}

function toEvidence(
  { kind, signer = 'test-key', issuer, age, builder, repository, agrees = true }: CaseEvidence,
  index: number,
  now: Date,
): VerifiedEvidence {
  return {
    kind,
    predicateType: predicateTypes[kind],
    subject,
    digest: digestOf(`evidence ${index} of a policy case`),
    signer:
      issuer === undefined
        ? { kind: 'key', keyId: signer }
        : { kind: 'certificate', identity: signer, issuer },
    ...(age !== undefined && instantOfAge('signedAt', age, now)),
    ...(builder && { builder }),
    ...(repository !== undefined && { source: repository }),
    ...(kind === 'sbom' && {
      sbom: agrees
        ? { ok: true, problems: [] }
        : {
            ok: false,
            problems: [{ code: 'packages-differ', message: 'the SBOM lacks packages of the image' }],
          },
    }),
  }
}

function instantOfAge<Name extends string>(
  name: Name,
  age: string,
  now: Date,
): Partial<Record<Name, string>> {
  if (age === 'unknown') return {}
  const milliseconds = parseDuration(age)
  if (milliseconds === undefined) {
    throw new PolicyError('POLICY_INVALID', `age "${age}": expected 90m, 48h, 7d, 2w or unknown`)
  }
  return { [name]: new Date(now.getTime() - milliseconds).toISOString() } as Partial<Record<Name, string>>
}

const splitWord = (text: string): [string, string] => {
  const space = text.indexOf(' ')
  return space === -1 ? [text, ''] : [text.slice(0, space), text.slice(space + 1).trim()]
}
