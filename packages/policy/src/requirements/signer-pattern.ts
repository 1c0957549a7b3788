import * as z from 'zod'
import { matchGlob } from '../evaluate/match-glob.ts'
import type { VerifiedEvidence } from '../facts.ts'

/** Who may sign. In each text `*` stands for any run of characters, `/` included. */
export type SignerPattern = { readonly key: string } | { readonly identity: string; readonly issuer: string }

/** A pattern that says something: one of stars only would trust everybody who can sign at all. */
const patternSchema = z
  .string()
  .max(1_000)
  .regex(/[^*\s]/, 'expected a name; a pattern that matches everything trusts everybody')

const signerSchema: z.ZodType<SignerPattern> = z.union([
  z.strictObject({ key: patternSchema }),
  z.strictObject({ identity: patternSchema, issuer: patternSchema }),
])

/** At least one: an empty list would trust nobody, or, misread, everybody. */
export const signersSchema: z.ZodType<readonly SignerPattern[]> = z.array(signerSchema).min(1).max(1_000)

/** Whether a piece of evidence is signed by one of them. */
export function isSignedBy({ signer }: VerifiedEvidence, patterns: readonly SignerPattern[]): boolean {
  return patterns.some((pattern) =>
    'key' in pattern
      ? signer.kind === 'key' && matchGlob(pattern.key, signer.keyId)
      : signer.kind === 'certificate' &&
        matchGlob(pattern.identity, signer.identity) &&
        matchGlob(pattern.issuer, signer.issuer),
  )
}

/** Patterns as texts that can be compared. */
export function formatSigners(patterns: readonly SignerPattern[] | undefined): readonly string[] | undefined {
  return patterns?.map((pattern) =>
    'key' in pattern ? `key ${pattern.key}` : `${pattern.identity} (${pattern.issuer})`,
  )
}
