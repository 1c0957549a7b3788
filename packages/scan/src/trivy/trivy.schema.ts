import { z } from 'zod'

const text = z.string().max(65_536)
const severityNumber = z.number().int().min(0).max(4)

const cvss = z.object({
  V2Vector: text.optional(),
  V3Vector: text.optional(),
  V40Vector: text.optional(),
  V2Score: z.number().optional(),
  V3Score: z.number().optional(),
  V40Score: z.number().optional(),
})

const identifier = z.object({ PURL: text.optional() })

const vulnerability = z.object({
  VulnerabilityID: text.min(1),
  PkgID: text.optional(),
  PkgName: text.min(1),
  PkgIdentifier: identifier.optional(),
  InstalledVersion: text.min(1),
  FixedVersion: text.optional(),
  Status: text.optional(),
  SeveritySource: text.optional(),
  Severity: text.optional(),
  VendorSeverity: z.record(z.string(), severityNumber).optional(),
  CVSS: z.record(z.string(), cvss).optional(),
  Title: text.optional(),
  PrimaryURL: text.optional(),
  PublishedDate: text.optional(),
})

const trivyPackage = z.object({
  ID: text.optional(),
  Name: text,
  Identifier: identifier.optional(),
  Version: text.optional(),
  Release: text.optional(),
  Epoch: z.number().int().optional(),
  Arch: text.optional(),
  SrcName: text.optional(),
  SrcVersion: text.optional(),
  SrcRelease: text.optional(),
  SrcEpoch: z.number().int().optional(),
})

const layer = z.object({ DiffID: text.optional() }).optional()

const secret = z.object({
  RuleID: text.min(1),
  Severity: text.optional(),
  Title: text.optional(),
  StartLine: z.number().int().optional(),
  EndLine: z.number().int().optional(),
  Layer: layer,
})

const misconfiguration = z.object({
  ID: text.min(1),
  Severity: text.optional(),
  Title: text.optional(),
  Message: text.optional(),
  Status: text.optional(),
  CauseMetadata: z
    .object({ StartLine: z.number().int().optional(), EndLine: z.number().int().optional() })
    .optional(),
  Layer: layer,
})

/** What an ignore rule or a VEX statement set aside. Findings of other kinds are let through unread. */
const modifiedFinding = z.union([
  z.object({
    Type: z.literal('vulnerability'),
    Status: text,
    Statement: text.optional(),
    Source: text.optional(),
    Finding: vulnerability,
  }),
  z.object({ Type: z.enum(['misconfiguration', 'secret', 'license']) }),
])

const result = z.object({
  Target: text,
  Class: text.optional(),
  Type: text.optional(),
  Packages: z.array(trivyPackage).nullish(),
  Vulnerabilities: z.array(vulnerability).nullish(),
  ExperimentalModifiedFindings: z.array(modifiedFinding).nullish(),
  Secrets: z.array(secret).nullish(),
  Misconfigurations: z.array(misconfiguration).nullish(),
})

/** Trivy's JSON report of schema version 2, as far as it is read here. */
export const trivyReportSchema = z.object({
  SchemaVersion: z.literal(2),
  Trivy: z.object({ Version: text.optional() }).optional(),
  ArtifactName: text.optional(),
  ArtifactType: text.optional(),
  Metadata: z
    .object({
      OS: z.object({ Family: text, Name: text.optional(), EOSL: z.boolean().optional() }).nullish(),
      ImageID: text.optional(),
    })
    .optional(),
  Results: z.array(result).nullish(),
})

/** `db/metadata.json` beside Trivy's database. */
export const trivyMetadataSchema = z.object({
  Version: z.number().int(),
  UpdatedAt: z.iso.datetime({ offset: true }),
})

/** A report as Trivy writes it. */
export type TrivyReport = z.infer<typeof trivyReportSchema>

/** One part of a report: the packages of the distribution, or of one language or file. */
export type TrivyResult = NonNullable<TrivyReport['Results']>[number]

/** One package in a report. */
export type TrivyPackage = NonNullable<TrivyResult['Packages']>[number]

/** One finding in a report. */
export type TrivyVulnerability = NonNullable<TrivyResult['Vulnerabilities']>[number]
