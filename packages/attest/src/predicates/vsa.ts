import type { Digest } from '@sallyport/core'
import { z } from 'zod'
import { AttestError } from '../errors.ts'
import { predicateTypes } from '../statement/statement.ts'
import {
  digestSet,
  optional,
  resourceDescriptor,
  type ResourceDescriptor,
  text,
  timestamp,
} from './fields.schema.ts'
import { defineWritablePredicate } from './predicate-kind.ts'
import { findRepeatedTrack, parseSlsaResult } from './slsa-level.ts'
import { toDigestSet, toResourceDescriptor, toTimestamp } from './write-fields.ts'

const schema = z.looseObject({
  verifier: z.looseObject({ id: text, version: optional(z.record(z.string(), z.string())) }),
  timeVerified: optional(timestamp),
  resourceUri: text,
  policy: z.looseObject({ uri: text, digest: optional(digestSet) }),
  inputAttestations: optional(z.array(resourceDescriptor)),
  verificationResult: z.enum(['PASSED', 'FAILED']),
  verifiedLevels: z.array(z.string()),
  dependencyLevels: optional(z.record(z.string(), z.int().nonnegative())),
  slsaVersion: optional(z.string()),
})

/** SLSA verification summary v1. */
export interface VsaPredicate {
  /** Who verified, and with what. */
  readonly verifier: {
    readonly id: string
    readonly version?: Readonly<Record<string, string>> | undefined
  }
  /** When it was verified (RFC 3339). */
  readonly timeVerified?: string | undefined
  /** Where the artifact is fetched from. */
  readonly resourceUri: string
  /** What was applied. */
  readonly policy: { readonly uri: string; readonly digest?: Readonly<Record<string, string>> | undefined }
  /** What the decision rests on; all of it, or absent. */
  readonly inputAttestations?: readonly ResourceDescriptor[] | undefined
  /** Whether the artifact met the policy. */
  readonly verificationResult: 'PASSED' | 'FAILED'
  /** What it reached; `FAILED` alone when it met nothing. */
  readonly verifiedLevels: readonly string[]
  /** How many dependencies are at each level. */
  readonly dependencyLevels?: Readonly<Record<string, number>> | undefined
  /** Version of the SLSA specification. */
  readonly slsaVersion?: string | undefined
}

/** What a verification summary says. */
export interface VsaParts {
  /** Who verified, and with what. */
  readonly verifier: {
    readonly id: string
    /** Component to version. */
    readonly version?: Readonly<Record<string, string>> | undefined
  }
  /** When it was verified. */
  readonly timeVerified: Date
  /** Where consumers fetch the artifact; they compare it exactly. */
  readonly resourceUri: string
  /** What was applied. */
  readonly policy: { readonly uri: string; readonly digest: Digest }
  /** All attestations that the decision used, or none: a list with gaps is not allowed. */
  readonly inputAttestations?:
    | readonly { readonly uri?: string | undefined; readonly digest: Digest }[]
    | undefined
  /** Whether the artifact met the policy. */
  readonly result: 'PASSED' | 'FAILED'
  /** At most one level of each SLSA track; own values must not begin with `SLSA_`. None when it failed. */
  readonly verifiedLevels: readonly string[]
  /** How many dependencies were verified at each level. */
  readonly dependencyLevels?: Readonly<Record<string, number>> | undefined
  /** Version of the SLSA specification. Default `1.1`. */
  readonly slsaVersion?: string | undefined
  /** Further fields; their names must be URIs. */
  readonly extensions?: Readonly<Record<string, unknown>> | undefined
}

/**
 * SLSA verification summary v1 (slsa.dev/spec/v1.1/verification_summary). Version 0.2, with other field names, is not
 * read: the specification has consumers accept exactly this type.
 */
export const vsa = defineWritablePredicate<VsaPredicate, VsaParts>(
  { name: 'verification summary (VSA) v1', type: predicateTypes.vsa, schema },
  ({ result, verifiedLevels, inputAttestations = [], slsaVersion = '1.1', extensions = {}, ...parts }) => {
    checkLevels(result, verifiedLevels)
    const unnamed = Object.keys(extensions).find((name) => !/^[a-z][a-z0-9+.-]*:./i.test(name))
    if (unnamed !== undefined) throw invalid(`the name of the further field ${unnamed} is no URI`)
    return {
      ...extensions,
      verifier: parts.verifier,
      timeVerified: toTimestamp(parts.timeVerified),
      resourceUri: parts.resourceUri,
      policy: { uri: parts.policy.uri, digest: toDigestSet(parts.policy.digest) },
      inputAttestations:
        inputAttestations.length > 0 ? inputAttestations.map(toResourceDescriptor) : undefined,
      verificationResult: result,
      verifiedLevels: result === 'FAILED' ? ['FAILED'] : verifiedLevels,
      dependencyLevels: parts.dependencyLevels,
      slsaVersion,
    }
  },
)

function checkLevels(result: VsaParts['result'], levels: readonly string[]): void {
  if (result === 'FAILED' && levels.length > 0) throw invalid('what failed has no verified levels')
  if (levels.includes('FAILED')) throw invalid('what passed is not FAILED')
  const unknown = levels.find((level) => level === '' || parseSlsaResult(level).kind === 'undefined')
  if (unknown !== undefined) throw invalid(`verifiedLevels: SLSA defines no ${JSON.stringify(unknown)}`)
  const track = findRepeatedTrack(levels)
  if (track !== undefined) throw invalid(`verifiedLevels: more than one level of the track ${track}`)
}

function invalid(message: string): AttestError {
  return new AttestError('PREDICATE_INVALID', message)
}
