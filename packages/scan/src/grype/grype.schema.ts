import { z } from 'zod'

const text = z.string().max(65_536)

const cvss = z.object({
  source: text.optional(),
  vector: text.optional(),
  metrics: z.object({ baseScore: z.number().optional() }).optional(),
})

const metadata = z.object({
  id: text.min(1),
  dataSource: text.optional(),
  namespace: text.optional(),
  severity: text.optional(),
  urls: z.array(text).nullish(),
  description: text.optional(),
  cvss: z.array(cvss).nullish(),
  knownExploited: z
    .array(
      z.object({
        dateAdded: text.optional(),
        dueDate: text.optional(),
        knownRansomwareCampaignUse: text.optional(),
      }),
    )
    .nullish(),
  epss: z.array(z.object({ epss: z.number(), percentile: z.number(), date: text.optional() })).nullish(),
})

const artifact = z.object({
  name: text.min(1),
  version: text,
  type: text,
  purl: text.optional(),
  locations: z.array(z.object({ path: text.optional(), layerID: text.optional() })).nullish(),
  upstreams: z.array(z.object({ name: text, version: text.optional() })).nullish(),
})

const match = z.object({
  vulnerability: metadata.extend({
    fix: z
      .object({
        versions: z.array(text).nullish(),
        state: text.optional(),
        available: z.array(z.object({ version: text.optional(), date: text.optional() })).nullish(),
      })
      .optional(),
  }),
  relatedVulnerabilities: z.array(metadata).nullish(),
  matchDetails: z
    .array(
      z.object({ type: text.optional(), fix: z.object({ suggestedVersion: text.optional() }).optional() }),
    )
    .nullish(),
  artifact,
})

const ignoreRule = z.object({
  vulnerability: text.optional(),
  reason: text.optional(),
  namespace: text.optional(),
  'vex-status': text.optional(),
  'vex-justification': text.optional(),
})

/** Grype's JSON report, as far as it is read here. It has no version of its own; `descriptor.db` has the data's. */
export const grypeReportSchema = z.object({
  matches: z.array(match),
  ignoredMatches: z.array(match.extend({ appliedIgnoreRules: z.array(ignoreRule).nullish() })).nullish(),
  alertsByPackage: z
    .array(z.object({ alerts: z.array(z.object({ type: text, message: text.optional() })) }))
    .nullish(),
  source: z.object({
    type: text,
    target: z.object({
      imageID: text.optional(),
      manifestDigest: text.optional(),
      architecture: text.optional(),
      os: text.optional(),
    }),
  }),
  distro: z.object({ name: text, version: text.optional() }),
  descriptor: z.object({
    name: z.literal('grype'),
    version: text,
    db: z.object({
      status: z.object({
        schemaVersion: z.string().regex(/^v6\./, 'a database schema of version 6 is expected'),
        built: z.iso.datetime({ offset: true }),
        valid: z.literal(true),
      }),
    }),
  }),
})

/** The list of packages that Grype writes beside the report, in CycloneDX. */
export const grypePackagesSchema = z.object({
  bomFormat: z.literal('CycloneDX'),
  components: z
    .array(z.object({ type: text, name: text, version: text.optional(), purl: text.optional() }))
    .nullish(),
})

/** A report as Grype writes it. */
export type GrypeReport = z.infer<typeof grypeReportSchema>

/** One finding in a report. */
export type GrypeMatch = GrypeReport['matches'][number]

/** One finding that Grype set aside, and why. */
export type GrypeIgnoredMatch = NonNullable<GrypeReport['ignoredMatches']>[number]

/** What a report says of one vulnerability in one database. */
export type GrypeMetadata = NonNullable<GrypeMatch['relatedVulnerabilities']>[number]
