import type { EvidenceSigner } from '../verify/evidence-signer.ts'
import { type BuildSource, findBuildSource, isProvenanceV1, parseSourceUri } from './build-source.ts'
import { isRecord } from './fields.schema.ts'
import { type PredicateCheck, type PredicateProblem, quote } from './predicate-check.ts'
import type { ProvenancePredicate } from './provenance.ts'
import type { ProvenanceV02Predicate } from './provenance-v02.ts'

/** Level of the SLSA build track. */
export type BuildLevel = 0 | 1 | 2 | 3

/** How far a builder is trusted. */
export interface TrustedBuilder {
  /** The level that its provenance vouches for at the most. */
  readonly maxLevel: BuildLevel
  /**
   * Whether this signer may speak for the builder; `subject` when its certificate must be issued to the builder's own
   * id, as for GitHub's reusable workflows. Default: every signer that the evidence was verified with.
   */
  readonly signedBy?: 'subject' | ((signer: EvidenceSigner) => boolean) | undefined
}

/** Options of {@link checkBuilder}. */
export interface CheckBuilderOptions {
  /** Builders by `builder.id`, compared exactly. */
  readonly builders: Readonly<Record<string, BuildLevel | TrustedBuilder>>
  /** Who signed the statement, as it was verified. */
  readonly signer: EvidenceSigner
  /** Where the build must have taken its source from. Default: anywhere. */
  readonly source?:
    | {
        /** `github.com/org/name`, or as an `https` or `git+https` URI; with `@refs/heads/main` for exactly this ref. */
        readonly uri: string
        /** For a tag the branch that it was made from, where the builder says so. */
        readonly branch?: string | undefined
        readonly tag?: string | undefined
      }
    | undefined
  /** Accepted `buildType`s. Default: any. */
  readonly buildTypes?: readonly string[] | undefined
  /**
   * Names of the external parameters (v0.2: `invocation.parameters`) whose values the caller knows to be harmless or
   * checks. Any other fails. Default: any.
   */
  readonly externalParameters?: readonly string[] | undefined
}

/** Why a provenance does not count. */
export type BuilderProblemCode =
  | 'builder-untrusted'
  | 'signer-mismatch'
  | 'build-type-mismatch'
  | 'parameter-unknown'
  | 'source-unknown'
  | 'source-mismatch'
  | 'ref-mismatch'

/** Result of {@link checkBuilder}. */
export interface BuilderCheck extends PredicateCheck<BuilderProblemCode> {
  /** SLSA build level that the provenance vouches for; 0 when there are problems. */
  readonly level: BuildLevel
}

/**
 * Holds a provenance against what its consumer expects of builder, build type, parameters and source (SLSA, "Verifying
 * artifacts"). Signature, subject and predicate type come before: take the predicate from verified evidence about the
 * image, through `parsePredicate` with `predicateKinds.provenance` or `predicateKinds.provenanceV02`.
 */
export function checkBuilder(
  provenance: ProvenancePredicate | ProvenanceV02Predicate,
  { builders, signer, source, buildTypes, externalParameters }: CheckBuilderOptions,
): BuilderCheck {
  const { builderId, buildType, parameters } = summarize(provenance)
  const trusted = Object.hasOwn(builders, builderId) ? builders[builderId] : undefined
  const builder = typeof trusted === 'number' ? { maxLevel: trusted } : trusted
  const problems = [
    ...checkIdentity(builderId, builder, signer),
    ...(buildTypes === undefined || buildTypes.includes(buildType)
      ? []
      : [problem('build-type-mismatch', `the build type is ${quote(buildType)}`)]),
    ...checkParameters(parameters, externalParameters),
    ...(source ? checkSource(findBuildSource(provenance), source) : []),
  ]
  const ok = problems.length === 0
  return { ok, level: ok ? (builder?.maxLevel ?? 0) : 0, problems }
}

function summarize(provenance: ProvenancePredicate | ProvenanceV02Predicate) {
  if (isProvenanceV1(provenance)) {
    const { buildDefinition, runDetails } = provenance
    const { buildType, externalParameters } = buildDefinition
    return { builderId: runDetails.builder.id, buildType, parameters: externalParameters as unknown }
  }
  const { builder, buildType, invocation } = provenance
  return { builderId: builder.id, buildType, parameters: invocation?.parameters }
}

type Problems = readonly PredicateProblem<BuilderProblemCode>[]

function problem(code: BuilderProblemCode, message: string): PredicateProblem<BuilderProblemCode> {
  return { code, message }
}

function checkIdentity(
  builderId: string,
  builder: TrustedBuilder | undefined,
  signer: EvidenceSigner,
): Problems {
  if (!builder) return [problem('builder-untrusted', `the builder is ${quote(builderId)}`)]
  const { signedBy } = builder
  const speaksFor =
    signedBy === 'subject'
      ? signer.kind === 'certificate' && signer.subject === builderId
      : signedBy === undefined || signedBy(signer) === true
  return speaksFor
    ? []
    : [problem('signer-mismatch', `this signer does not speak for the builder ${quote(builderId)}`)]
}

function checkParameters(parameters: unknown, known: readonly string[] | undefined): Problems {
  if (known === undefined || parameters === undefined) return []
  if (!isRecord(parameters)) return [problem('parameter-unknown', 'the parameters are not given by name')]
  return Object.keys(parameters)
    .filter((name) => !known.includes(name))
    .map((name) => problem('parameter-unknown', `the build was given the parameter ${quote(name)}`))
}

function checkSource(
  found: BuildSource | undefined,
  { uri, branch, tag }: NonNullable<CheckBuilderOptions['source']>,
): Problems {
  if (!found) return [problem('source-unknown', 'the provenance does not say where its source came from')]
  const expected = parseSourceUri(uri)
  if (found.repository !== expected?.repository) {
    return [problem('source-mismatch', `the source is ${quote(found.repository)}, not ${quote(uri)}`)]
  }
  const ref = found.ref ?? ''
  const heads = ref.startsWith('refs/tags/') ? found.branch : ref
  const holds =
    (expected.ref === undefined || ref === expected.ref) &&
    (branch === undefined || heads === `refs/heads/${branch}`) &&
    (tag === undefined || ref === `refs/tags/${tag}`)
  return holds ? [] : [problem('ref-mismatch', `the source is ${quote(ref)}, which is not what was expected`)]
}
