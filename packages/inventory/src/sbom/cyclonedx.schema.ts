import * as z from 'zod'

/** Versions of CycloneDX that are read. */
export const cycloneDxVersions = ['1.2', '1.3', '1.4', '1.5', '1.6', '1.7'] as const

const hashAlgorithms = [
  'MD5',
  'SHA-1',
  'SHA-256',
  'SHA-384',
  'SHA-512',
  'SHA3-256',
  'SHA3-384',
  'SHA3-512',
  'BLAKE2b-256',
  'BLAKE2b-384',
  'BLAKE2b-512',
  'BLAKE3',
  'Streebog-256',
  'Streebog-512',
] as const

const componentTypes = [
  'application',
  'framework',
  'library',
  'container',
  'platform',
  'operating-system',
  'device',
  'device-driver',
  'firmware',
  'file',
  'machine-learning-model',
  'data',
  'cryptographic-asset',
] as const

const licenseSchema = z
  .object({
    license: z.object({ id: z.string().optional(), name: z.string().optional() }).optional(),
    expression: z.string().optional(),
  })
  .refine(({ license, expression }) => (license === undefined) !== (expression === undefined), {
    message: 'either a license or an expression',
  })

const toolSchema = z.object({ name: z.string().optional(), version: z.string().optional() })

/** Who said what in a document (CycloneDX 1.7); held against its rules, though nothing of it is read. */
const citationSchema = z
  .object({
    attributedTo: z.string().optional(),
    process: z.string().optional(),
    pointers: z.array(z.string()).optional(),
    expressions: z.array(z.string()).optional(),
  })
  .refine(({ attributedTo, process }) => attributedTo !== undefined || process !== undefined, {
    message: 'neither attributedTo nor process',
  })
  .refine(({ pointers, expressions }) => (pointers === undefined) !== (expressions === undefined), {
    message: 'either pointers or expressions',
  })

const fields = {
  type: z.enum(componentTypes),
  'bom-ref': z.string().min(1).optional(),
  group: z.string().optional(),
  name: z.string(),
  version: z.string().optional(),
  versionRange: z.string().optional(),
  purl: z.string().optional(),
  cpe: z.string().optional(),
  hashes: z
    .array(
      z.object({
        alg: z.enum(hashAlgorithms),
        content: z
          .string()
          .regex(/^(?:[a-fA-F0-9]{32}|[a-fA-F0-9]{40}|[a-fA-F0-9]{64}|[a-fA-F0-9]{96}|[a-fA-F0-9]{128})$/),
      }),
    )
    .optional(),
  licenses: z.array(licenseSchema).optional(),
  properties: z.array(z.object({ name: z.string().optional(), value: z.string().optional() })).optional(),
  evidence: z.object({ occurrences: z.array(z.object({ location: z.string() })).optional() }).optional(),
}

/** A component (CycloneDX 1.2 to 1.7, `component`), as far as it is read. */
export interface CycloneDxComponent extends z.infer<z.ZodObject<typeof fields>> {
  readonly components?: CycloneDxComponent[] | undefined
}

const componentSchema: z.ZodType<CycloneDxComponent> = z
  .object({
    ...fields,
    get components() {
      return z.array(componentSchema).optional()
    },
  })
  .refine(({ version, versionRange }) => version === undefined || versionRange === undefined, {
    message: 'either a version or a versionRange',
  })

/** A document (CycloneDX 1.2 to 1.7), as far as it is read. */
export const cycloneDxSchema = z.object({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.enum(cycloneDxVersions),
  serialNumber: z
    .string()
    .regex(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i)
    .optional(),
  version: z.int().min(1).optional(),
  metadata: z
    .object({
      timestamp: z.iso.datetime({ offset: true, local: true }).optional(),
      tools: z
        .union([z.array(toolSchema), z.object({ components: z.array(toolSchema).optional() })])
        .optional(),
      component: componentSchema.optional(),
      properties: fields.properties,
    })
    .optional(),
  components: z.array(componentSchema).optional(),
  dependencies: z
    .array(z.object({ ref: z.string().min(1), dependsOn: z.array(z.string().min(1)).optional() }))
    .optional(),
  citations: z.array(citationSchema).optional(),
})
