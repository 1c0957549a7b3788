import { dirname, resolve } from 'node:path'
import type { AcceptedSigners, Requirement, TrustedRoot } from '@sallyport/attest'
import { z } from 'zod'
import type { RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { literal, type Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'
import { codeReader } from './code-reader.ts'
import { readFile } from './read-file.ts'
import { readYaml } from './read-yaml.ts'

const textOrPattern = z.union([z.string(), z.strictObject({ pattern: z.string() })])
const identitySchema = z.strictObject({
  issuer: textOrPattern,
  subject: textOrPattern,
  claims: z.record(z.string(), textOrPattern).optional(),
})

/** Signers in a file: keys are files next to it, or PEM. */
export const signersSchema = z.strictObject({
  keys: z.array(z.string().min(1)).optional(),
  identities: z.array(identitySchema).optional(),
})

/** Signers as they stand in a file. */
export type WrittenSigners = z.infer<typeof signersSchema>

const duration = z.string().regex(/^\d{1,9}(ms|s|m|h|d)$/)
const common = { name: z.string().optional(), maxAge: duration.optional() }
const signed = { ...common, by: signersSchema, threshold: z.int().positive().optional() }
const builder = z.strictObject({
  id: z.string(),
  by: signersSchema,
  level: z.union([z.literal(1), z.literal(2), z.literal(3)]).optional(),
})

/** What `--requirements` holds. */
const requirementSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('signature'),
    ...signed,
    annotations: z.record(z.string(), z.string()).optional(),
    expectReference: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal('attestation'), ...signed, predicateType: z.string() }),
  z.strictObject({
    kind: z.literal('sbom'),
    ...signed,
    formats: z.array(z.enum(['cyclonedx', 'spdx'])).optional(),
  }),
  z.strictObject({
    kind: z.literal('provenance'),
    ...common,
    builders: z.array(builder).min(1),
    minimumLevel: z.union([z.literal(1), z.literal(2), z.literal(3)]).optional(),
    buildTypes: z.array(z.string()).optional(),
  }),
  z.strictObject({
    kind: z.literal('vsa'),
    ...common,
    verifiers: z.array(z.strictObject({ id: z.string(), by: signersSchema })).min(1),
    resourceUri: z.string(),
    minimumLevels: z.array(z.string()).optional(),
  }),
])

const fileSchema = z.strictObject({
  version: z.literal(1),
  requirements: z.array(requirementSchema).min(1).max(100),
})

type WrittenRequirement = z.infer<typeof requirementSchema>

/**
 * What an image must come with: of `--requirements`, or a signature by `--public-key` or by the identity of a certificate.
 *
 * @throws {CliError} `OPTION_MISSING` when nothing says it: what is required of nothing would always pass.
 */
export async function readRequirements(context: RunContext): Promise<readonly Requirement[]> {
  const { settings, signal } = context
  const file = settings.text('requirements')
  const own = await signatureRequirement(settings, signal)
  if (file === undefined && own === undefined)
    throw new CliError('OPTION_MISSING', 'nothing says what the image must come with', {
      advice: 'Give --public-key, --certificate-identity with --certificate-issuer, or --requirements.',
    })
  const written = file === undefined ? [] : (await readYaml(file, fileSchema, { signal })).requirements
  const read = await Promise.all(written.map((one) => toRequirement(one, file ?? '', signal)))
  return own ? [own, ...read] : read
}

async function signatureRequirement(
  settings: Settings,
  signal: AbortSignal,
): Promise<Requirement | undefined> {
  const by = await namedSigners(settings, signal)
  return by && { kind: 'signature', by }
}

/** Whoever `--public-key` and the identity of a certificate name; `undefined`: nobody. */
async function namedSigners(settings: Settings, signal: AbortSignal): Promise<AcceptedSigners | undefined> {
  const keys = await readKeys(settings, 'public-key', signal)
  const subject = settings.text('certificate-identity')
  const issuer = settings.text('certificate-issuer')
  if ((subject === undefined) !== (issuer === undefined))
    throw new CliError('OPTION_MISSING', '--certificate-identity and --certificate-issuer go together')
  const identities = subject !== undefined && issuer !== undefined ? [{ issuer, subject }] : []
  if (keys.length === 0 && identities.length === 0) return undefined
  return { ...(keys.length > 0 && { keys }), ...(identities.length > 0 && { identities }) }
}

const readKeys = (settings: Settings, name: 'public-key' | 'file-list-key', signal: AbortSignal) =>
  Promise.all(settings.list(name).map(async (file) => (await readFile(file, { signal })).toString('utf8')))

/**
 * Whose lists of files count: those of `--file-list-key`, or else whoever the signature must be by.
 *
 * @throws {CliError} `OPTION_MISSING` when that is nobody.
 */
export async function readListSigners({ settings, signal }: RunContext): Promise<AcceptedSigners> {
  const keys = await readKeys(settings, 'file-list-key', signal)
  const signers = keys.length > 0 ? { keys } : await namedSigners(settings, signal)
  if (signers) return signers
  throw new CliError('OPTION_MISSING', 'nothing says whose list of files counts', {
    advice: 'Give --file-list-key.',
  })
}

async function toRequirement(
  { maxAge, ...written }: WrittenRequirement,
  file: string,
  signal: AbortSignal,
): Promise<Requirement> {
  const aged = maxAge === undefined ? {} : { maxAgeMs: parseDuration(maxAge) }
  switch (written.kind) {
    case 'provenance': {
      const builders = await Promise.all(
        written.builders.map(async (one) => ({ ...one, by: await readSigners(one.by, file, signal) })),
      )
      return { ...written, ...aged, builders }
    }
    case 'vsa': {
      const verifiers = await Promise.all(
        written.verifiers.map(async (one) => ({ ...one, by: await readSigners(one.by, file, signal) })),
      )
      return { ...written, ...aged, verifiers }
    }
    default:
      return { ...written, ...aged, by: await readSigners(written.by, file, signal) }
  }
}

/** Milliseconds of `48h` and the like, which a schema has looked at. */
export function parseDuration(text: string): number {
  const unit =
    { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[text.replace(/^\d+/, '')] ?? Number.NaN
  return Number.parseInt(text, 10) * unit
}

/** Reads the keys of signers, from files next to `file` unless they are PEM. */
export async function readSigners(
  { keys, identities }: WrittenSigners,
  file: string,
  signal: AbortSignal,
): Promise<AcceptedSigners> {
  const read = async (key: string) =>
    key.includes('-----BEGIN')
      ? key
      : (await readFile(resolve(dirname(file), key), { signal })).toString('utf8')
  return {
    ...(keys && { keys: await Promise.all(keys.map(read)) }),
    ...(identities && { identities }),
  }
}

/** The trusted root, for identities of certificates. */
export async function readTrustedRoot({ settings, signal }: RunContext): Promise<TrustedRoot | undefined> {
  const file = settings.text('trusted-root')
  if (file === undefined) return undefined
  const { parseTrustedRoot } = await import('@sallyport/attest')
  return parseTrustedRoot(await readFile(file, { signal }))
}

const codeKeys = (files: readonly string[]): string =>
  `keys: [${files.map((file) => `await readFile(${literal(file)}, 'utf8')`).join(', ')}]`

function codeSigners(settings: Settings): string | undefined {
  const keys = settings.list('public-key')
  const subject = settings.text('certificate-identity')
  const issuer = settings.text('certificate-issuer')
  const signers = [
    ...(keys.length > 0 ? [codeKeys(keys)] : []),
    ...(subject !== undefined && issuer !== undefined
      ? [`identities: ${literal([{ issuer, subject }])}`]
      : []),
  ]
  return signers.length > 0 ? `{ ${signers.join(', ')} }` : undefined
}

/** Whose lists of files count, in a program. */
export function codeListSigners(program: Program, settings: Settings): string {
  program.use('node:fs/promises', 'readFile')
  const files = settings.list('file-list-key')
  return files.length > 0
    ? `{ ${codeKeys(files)} }`
    : (codeSigners(settings) ?? settings.required('file-list-key'))
}

/** The constant `requirements` in a program; returns the options of `verifyImage` that hold it. */
export function codeRequirements(program: Program, settings: Settings): string {
  program.use('node:fs/promises', 'readFile').use('@sallyport/attest', 'type Requirement')
  const signers = codeSigners(settings)
  program.line(
    `const requirements: Requirement[] = [${signers === undefined ? '' : `{ kind: 'signature', by: ${signers} }`}]`,
  )
  const file = settings.text('requirements')
  if (file !== undefined) {
    codeReader(program, file)
    program.line(`requirements.push(...((await read(written['requirements'])) as Requirement[]))`)
  }
  const root = settings.text('trusted-root')
  if (root === undefined) return '{ requirements }'
  program.use('@sallyport/attest', 'parseTrustedRoot')
  return `{ requirements, root: parseTrustedRoot(await readFile(${literal(root)})) }`
}
