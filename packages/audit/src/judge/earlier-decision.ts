import * as z from 'zod'

/** What an accepted decision tells beside its verdict, for who judges anew without layers. */
export interface EarlierDecision extends EarlierDetails {
  /** Digest of the policy, as in `sha256:…`. */
  readonly policy?: string | undefined
  /** When it was made, in milliseconds. */
  readonly at?: number | undefined
}

/** What the gate adds to a verification summary. */
export interface EarlierDetails {
  /** Where the image went: `registry/repository:tag`. */
  readonly destination?: string | undefined
  readonly findings: readonly {
    readonly id: string
    readonly purl: string
    readonly usage?: Usage | undefined
  }[]
}

const usages = ['executed', 'loaded', 'linked', 'possible', 'present'] as const

/** How strongly it is known that a package is used. */
export type Usage = (typeof usages)[number]

const detailsSchema = z.object({
  'https://sallyport.dev/decision': z.object({
    destination: z.string().optional(),
    findings: z
      .array(
        z.object({
          id: z.string(),
          purl: z.string(),
          usage: z.enum(usages).optional().catch(undefined),
        }),
      )
      .max(100_000),
  }),
})

/** Reads what the gate adds to a verification summary; one of another verifier tells nothing more. */
export function readEarlierDetails(predicate: unknown): EarlierDetails {
  const read = detailsSchema.safeParse(predicate)
  return read.success ? read.data['https://sallyport.dev/decision'] : { findings: [] }
}
