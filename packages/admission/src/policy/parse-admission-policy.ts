import { createImageVerifier, type TrustedRoot } from '@sallyport/attest'
import { canonicalJson, digestOf, isSallyportError } from '@sallyport/core'
import { parseDuration, readDocument } from '@sallyport/policy'
import { canonicalPattern } from '../decide/canonical-place.ts'
import { AdmissionError } from '../errors.ts'
import type { AdmissionPolicy } from './admission-policy.ts'
import { compileRequirements, type KnownSigners, readSigner } from './compile-requirements.ts'
import type { CompiledPolicy, CompiledRule } from './compiled-rule.ts'
import type {
  AdmissionPolicyDocument,
  AdmissionRuleDocument,
  MatchDocument,
  SignerNames,
} from './policy-document.ts'
import { policySchema } from './policy.schema.ts'

/** Options of {@link parseAdmissionPolicy} and {@link defineAdmissionPolicy}. */
export interface AdmissionPolicyOptions {
  /** File name or URI, for messages. */
  readonly source: string
}

const compiledPolicies = new WeakMap<AdmissionPolicy, CompiledPolicy>()

/**
 * Reads a policy document (YAML 1.2, or JSON), as text or as its UTF-8 bytes. Unknown fields, duplicate keys and names,
 * signers that nobody defines, keys that can't be read, and rules that ask for nothing are refused.
 *
 * @throws {AdmissionError} `POLICY_INVALID` with line and column of each fault of form.
 */
export function parseAdmissionPolicy(
  document: string | Uint8Array,
  { source }: AdmissionPolicyOptions,
): AdmissionPolicy {
  try {
    const { data } = readDocument(document, { source, schema: policySchema })
    return makePolicy(data, source)
  } catch (cause) {
    if (!isSallyportError(cause) || cause instanceof AdmissionError) throw cause
    throw new AdmissionError('POLICY_INVALID', cause.message, { cause })
  }
}

/**
 * Makes a policy of an object, as strictly as {@link parseAdmissionPolicy} reads one.
 *
 * @throws {AdmissionError} `POLICY_INVALID` with the place of each fault.
 */
export function defineAdmissionPolicy(
  document: AdmissionPolicyDocument,
  { source }: AdmissionPolicyOptions,
): AdmissionPolicy {
  return parseAdmissionPolicy(canonicalJson(document), { source })
}

/**
 * What a policy was made into.
 *
 * @throws {AdmissionError} `OPTIONS_INVALID` for what {@link parseAdmissionPolicy} did not make.
 */
export function compiledPolicy(policy: AdmissionPolicy): CompiledPolicy {
  const compiled = compiledPolicies.get(policy)
  if (compiled) return compiled
  throw new AdmissionError(
    'OPTIONS_INVALID',
    'make the policy with parseAdmissionPolicy or defineAdmissionPolicy',
  )
}

function makePolicy(document: AdmissionPolicyDocument, source: string): AdmissionPolicy {
  const fail = (message: string): never => {
    throw new AdmissionError('POLICY_INVALID', `${source}: ${message}`)
  }
  const known: KnownSigners = new Map(
    Object.entries(document.signers).map(([name, signer]) => {
      try {
        return [name, readSigner(signer)]
      } catch (cause) {
        return fail(`signer "${name}": ${cause instanceof Error ? cause.message : String(cause)}`)
      }
    }),
  )
  requireUnique(
    document.rules.map(({ name }) => name),
    'rule',
    fail,
  )
  requireUnique(
    (document.exemptions ?? []).map(({ name }) => name),
    'exemption',
    fail,
  )
  const { onError = 'deny', noMatch = 'deny', tags = 'pin', unknownKinds = 'deny' } = document
  const rules = document.rules.map((rule) => {
    for (const name of signersOf(rule)) {
      if (!known.has(name)) fail(`rule "${rule.name}": nobody is defined as signer "${name}"`)
    }
    try {
      return compileRule(rule, known, onError)
    } catch (cause) {
      return fail(`rule "${rule.name}": ${cause instanceof Error ? cause.message : String(cause)}`)
    }
  })
  const policy: AdmissionPolicy = { source, digest: digestOf(canonicalJson(document)) }
  const { kinds = [] } = document
  const exemptions = (document.exemptions ?? []).map(withCanonicalImages)
  compiledPolicies.set(policy, { rules, exemptions, onError, noMatch, tags, kinds, unknownKinds })
  return policy
}

/** Stands for the authorities of the verifier, which are not known here; what is compiled with it is thrown away. */
const noAuthorities = (): TrustedRoot => ({
  digest: digestOf(''),
  logs: [],
  ctLogs: [],
  certificateAuthorities: [],
  timestampAuthorities: [],
})

function compileRule(
  rule: AdmissionRuleDocument,
  known: KnownSigners,
  onError: 'deny' | 'allow',
): CompiledRule {
  const { name, mode = 'enforce', match = {}, except, registries, subject = 'index', stale } = rule
  // A mistake must not be found in every image.
  const { require: required } = rule
  const requirementsFor: CompiledRule['requirementsFor'] = (place, revoked) =>
    required === undefined ? [] : compileRequirements(required, known, { place, revoked })
  if (required !== undefined)
    createImageVerifier({
      requirements: requirementsFor('any.example/any', new Map()),
      root: noAuthorities(),
    })
  return {
    name,
    mode,
    match: withCanonicalImages(match),
    except: except && withCanonicalImages(except),
    registries: registries?.map(canonicalPattern),
    subject,
    onError: rule.onError ?? onError,
    staleMs: (stale === undefined ? undefined : parseDuration(stale)) ?? 0,
    id: digestOf(
      canonicalJson([
        required ?? null,
        subject,
        [...new Set(signersOf(rule))].map((each) => [each, known.get(each)]),
      ]),
    ),
    requirementsFor,
  }
}

/** Images are compared by one spelling, however a policy is written. */
function withCanonicalImages<T extends Pick<MatchDocument, 'images'>>(conditions: T): T {
  const { images } = conditions
  return images === undefined ? conditions : { ...conditions, images: images.map(canonicalPattern) }
}

function signersOf({ require: required = {} }: AdmissionRuleDocument): readonly string[] {
  const { decision, sbom, signature, provenance, attestations = [] } = required
  const by: readonly SignerNames[] = [
    ...(decision?.gates ?? []).map((gate) => gate.by),
    ...(provenance?.builders ?? []).map((builder) => builder.by),
    ...[sbom, signature, ...attestations].flatMap((each) => each?.by ?? []),
  ]
  return by.flat()
}

function requireUnique(names: readonly string[], what: string, fail: (message: string) => never): void {
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) fail(`a second ${what} "${twice}"`)
}
