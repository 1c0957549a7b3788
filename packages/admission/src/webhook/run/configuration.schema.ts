import * as z from 'zod'

const path = z.string().min(1).max(4_096)
const milliseconds = z.int().positive()

/** A configuration of the webhook; unknown fields are refused. Paths are from where the file is. */
export const configurationSchema = z.strictObject({
  version: z.literal(1),
  /** Policy document. */
  policy: path,
  /** List of what is revoked; read again when it changes. */
  revocations: path.optional(),
  /** Sigstore trusted root, in JSON; needed when the policy names identities. */
  trustedRoot: path.optional(),
  listen: z
    .strictObject({ port: z.int().min(0).max(65_535).optional(), host: z.string().optional() })
    .optional(),
  tls: z.strictObject({
    certificate: path,
    key: path,
    clientAuthority: path.optional(),
    clientNames: z.array(z.string()).optional(),
  }),
  /** Where credentials of registries come from, besides pull secrets; the first that knows a registry counts. */
  credentials: z.array(z.enum(['docker-config', 'ecr', 'gar', 'acr'])).optional(),
  /** What the API server is asked for. */
  cluster: z
    .strictObject({
      namespaceLabels: z.boolean().optional(),
      pullSecrets: z.union([z.enum(['none', 'all']), z.array(z.string())]).optional(),
      server: z.url({ protocol: /^https$/ }).optional(),
      tokenFile: path.optional(),
      authorityFile: path.optional(),
    })
    .optional(),
  /** File with the tokens that may send push events to `/warm`, one a line. */
  warmTokens: path.optional(),
  cache: z
    .strictObject({
      passTtlMs: milliseconds.optional(),
      failTtlMs: milliseconds.optional(),
      errorTtlMs: milliseconds.optional(),
      tagTtlMs: z.int().min(0).optional(),
      maxEntries: z.int().positive().optional(),
    })
    .optional(),
  /** How long reviews are still taken after it was told to end. Default 5,000. */
  drainMs: z.int().min(0).optional(),
})

/** What a configuration says. */
export type WebhookConfiguration = z.output<typeof configurationSchema>
