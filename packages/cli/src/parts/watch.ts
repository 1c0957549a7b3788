import type { ActorIdentity, WatchTerms } from '@sallyport/monitor'
import { z } from 'zod'
import type { RunContext } from '../command.ts'
import { readYaml } from './read-yaml.ts'
import { parseDuration, readSigners, readTrustedRoot, signersSchema } from './requirements.ts'

const actor = z.strictObject({
  name: z.string().optional(),
  kind: z.enum(['user', 'robot', 'system', 'anonymous', 'unknown']).optional(),
})

const watchSchema = z.strictObject({
  version: z.literal(1),
  /** The first that matches counts. */
  watch: z
    .array(
      z.strictObject({
        repositories: z.array(z.string().min(1)).min(1),
        tier: z.string(),
        verifiers: z.array(z.strictObject({ id: z.string(), by: signersSchema })).min(1),
        signers: signersSchema.optional(),
        decisionMaxAge: z
          .string()
          .regex(/^\d{1,9}(ms|s|m|h|d)$/)
          .optional(),
        severity: z.enum(['critical', 'high', 'medium', 'low']).optional(),
        attachers: z.array(actor).optional(),
      }),
    )
    .min(1)
    .max(1000),
  /** By host with its port. */
  gateActors: z.record(z.string(), z.array(actor)).optional(),
})

/** What to watch, as the monitor takes it. */
export interface Watch {
  readonly watch: readonly WatchTerms[]
  readonly gateActors: Readonly<Record<string, readonly ActorIdentity[]>>
}

/** Reads what to watch. */
export async function readWatch(context: RunContext): Promise<Watch> {
  const { settings, signal } = context
  const file = settings.required('watch')
  const { watch, gateActors = {} } = await readYaml(file, watchSchema, { signal })
  const root = await readTrustedRoot(context)
  return {
    gateActors: gateActors as Watch['gateActors'],
    watch: await Promise.all(
      watch.map(async ({ verifiers, signers, decisionMaxAge, attachers, ...one }): Promise<WatchTerms> => ({
        ...one,
        verifiers: await Promise.all(
          verifiers.map(async ({ id, by }) => ({ id, by: await readSigners(by, file, signal) })),
        ),
        ...(signers && { signers: await readSigners(signers, file, signal) }),
        ...(decisionMaxAge !== undefined && { decisionMaxAgeMs: parseDuration(decisionMaxAge) }),
        ...(attachers && { attachers: attachers as readonly ActorIdentity[] }),
        ...(root && { root }),
      })),
    ),
  }
}
