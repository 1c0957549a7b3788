import type { AuditTerms, PresentTerms } from '@sallyport/audit'
import type { TrustedRoot } from '@sallyport/attest'
import { z } from 'zod'
import type { RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { readYaml } from './read-yaml.ts'
import { parseDuration, readSigners, signersSchema } from './requirements.ts'

const named = z.strictObject({ id: z.string(), by: signersSchema })
const level = z.union([z.literal(1), z.literal(2), z.literal(3)])

const termsSchema = z.strictObject({
  version: z.literal(1),
  /** The first that matches counts. */
  repositories: z
    .array(
      z.union([
        z.strictObject({ match: z.array(z.string().min(1)).min(1), skip: z.literal(true) }),
        z.strictObject({
          match: z.array(z.string().min(1)).min(1),
          tier: z.string(),
          signers: signersSchema,
          sbom: z.union([signersSchema, z.literal(false)]).optional(),
          provenance: z
            .union([z.array(named.extend({ level: level.optional() })), z.literal(false)])
            .optional(),
          decision: z.union([z.array(named), z.literal(false)]),
          decisionMaxAge: z
            .string()
            .regex(/^\d{1,9}(ms|s|m|h|d)$/)
            .optional(),
        }),
      ]),
    )
    .min(1)
    .max(1000),
})

/** Terms as they stand in a file. */
type WrittenTerms = z.infer<typeof termsSchema>['repositories'][number]

/**
 * Reads what images must come with, by repository.
 *
 * @throws {CliError} `FILE_INVALID` also when the last entry is not for all repositories: none may be left out unnoticed.
 */
export async function readTerms(
  context: RunContext,
  more: { readonly root: TrustedRoot | undefined; readonly present: PresentTerms | undefined },
): Promise<(repository: string) => AuditTerms | undefined> {
  const { settings, signal } = context
  const file = settings.required('terms')
  const { repositories } = await readYaml(file, termsSchema, { signal })
  if (!repositories.at(-1)?.match.includes('*'))
    throw new CliError('FILE_INVALID', `${file}: the last entry is not for all repositories`, {
      advice: "End with match: ['*'], with terms or with skip: true, so that none is left out unnoticed.",
    })
  const [{ checkTerms }, { matchGlob }] = await Promise.all([
    import('@sallyport/audit'),
    import('@sallyport/policy'),
  ])
  const rules = await Promise.all(
    repositories.map(async (one) => {
      const terms = await toTerms(one, file, more, signal)
      if (terms) checkTerms(terms)
      return { match: one.match, terms }
    }),
  )
  return (repository) =>
    rules.find(({ match }) => match.some((pattern) => matchGlob(pattern, repository)))?.terms
}

async function toTerms(
  written: WrittenTerms,
  file: string,
  { root, present }: { readonly root: TrustedRoot | undefined; readonly present: PresentTerms | undefined },
  signal: AbortSignal,
): Promise<AuditTerms | undefined> {
  if ('skip' in written) return undefined
  const { tier, signers, sbom, provenance, decision, decisionMaxAge } = written
  const read = (by: z.infer<typeof signersSchema>) => readSigners(by, file, signal)
  const readAll = <T extends { readonly by: z.infer<typeof signersSchema> }>(all: readonly T[]) =>
    Promise.all(all.map(async (one) => ({ ...one, by: await read(one.by) })))
  return {
    tier,
    signers: await read(signers),
    ...(sbom !== undefined && { sbom: sbom && (await read(sbom)) }),
    ...(provenance !== undefined && { provenance: provenance && (await readAll(provenance)) }),
    decision: decision && (await readAll(decision)),
    ...(decisionMaxAge !== undefined && { decisionMaxAgeMs: parseDuration(decisionMaxAge) }),
    ...(root && { root }),
    ...(present && { present }),
  }
}
