import type { AttachResult } from '@sallyport/attest'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { nearestName } from '../internal/nearest-name.ts'
import { digestSchema } from '../output/schemas.ts'
import { codeClient, codeSource, openClient, openImageSource } from '../parts/client.ts'
import { readFile } from '../parts/read-file.ts'
import { evidenceModeOf } from '../parts/evidence-mode.ts'
import { codeIdentity, openIdentity, signsAsIdentity } from '../parts/identity.ts'
import { codeSigner, openSigner } from '../parts/signer.ts'
import { literal, Program } from '../program/program.ts'

const schema = z.strictObject({
  image: z.string(),
  digest: digestSchema.describe('What was signed.'),
  predicateType: z.string(),
  written: z.boolean().describe('false: it was there already.'),
  pieces: z.array(z.strictObject({ store: z.string(), manifest: digestSchema })),
})

const signature = 'https://sigstore.dev/cosign/sign/v1'
const keyOptions = ['signing-key'] as const

async function run(context: RunContext): Promise<CommandResult> {
  const { settings, signal, leaves, progress } = context
  const [image = ''] = context.arguments
  const predicate = settings.text('predicate')
  const type = settings.text('type')
  if ((predicate === undefined) !== (type === undefined))
    throw new CliError('OPTION_MISSING', '--predicate and --type go together', {
      advice: 'Without both the image itself is signed.',
    })
  const identity = signsAsIdentity(settings, keyOptions) ? await openIdentity(context) : undefined
  const signer = identity?.signer ?? (await openSigner('signing-key', context))
  const statement = predicate === undefined ? undefined : await readPredicate(predicate, type ?? '', signal)
  const client = await openClient(context)
  const source = await openImageSource(context, client, image)
  const { descriptor } = await source.repository.getManifest(source.tagOrDigest, { signal })
  leaves('Evidence is there in all of its forms, in some, or not at all; each piece by itself is whole.')
  const { attachAttestation, attachSignature, createStatement } = await import('@sallyport/attest')
  progress.start('attest', `signing ${descriptor.digest}`)
  const subjects = [{ name: source.repository.name, digest: descriptor.digest }]
  const options = {
    mode: evidenceModeOf(settings, keyOptions),
    ...(identity && {
      witnesses: identity.confirmation.witnesses,
      trust: { root: identity.confirmation.root },
    }),
    signal,
  }
  const result = statement
    ? await attachAttestation(
        source.repository,
        descriptor,
        createStatement(subjects, statement.type, statement.predicate),
        signer,
        options,
      )
    : await attachSignature(source.repository, descriptor, signer, options)
  progress.finish('attest', result.written ? 'attached' : 'was there')
  return tell(image, descriptor.digest, statement?.type ?? signature, result)
}

const tell = (
  image: string,
  digest: string,
  predicateType: string,
  { written, pieces }: AttachResult,
): CommandResult => ({
  verdict: 'pass',
  text: [
    `${predicateType} of ${digest} ${written ? 'is attached' : 'was attached already'}`,
    ...pieces.map(({ store, manifest }) => `  ${store} ${manifest}`),
  ].join('\n'),
  result: {
    image,
    digest,
    predicateType,
    written,
    pieces: pieces.map(({ store, manifest }) => ({ store, manifest })),
  },
})

/** Reads what is stated, and checks it as its kind; what is of no known kind is taken as it is. */
async function readPredicate(
  file: string,
  type: string,
  signal: AbortSignal,
): Promise<{ readonly type: string; readonly predicate: unknown }> {
  const { parsePredicate, predicateKinds, predicateTypes } = await import('@sallyport/attest')
  const uri = Object.hasOwn(predicateTypes, type) ? predicateTypes[type as keyof typeof predicateTypes] : type
  if (!/^https?:\/\/\S+$/.test(uri)) {
    const near = nearestName(type, Object.keys(predicateTypes))
    throw new CliError(
      'OPTION_INVALID',
      `--type: ${JSON.stringify(type.slice(0, 80))} is no kind and no URI`,
      {
        advice: near ? `Did you mean ${near}?` : `Kinds are ${Object.keys(predicateTypes).join(', ')}.`,
      },
    )
  }
  let predicate: unknown
  try {
    predicate = JSON.parse((await readFile(file, { signal, maxBytes: 64 * 1024 * 1024 })).toString('utf8'))
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new CliError('FILE_INVALID', `${file}: not JSON`, {
      cause,
      advice: 'Give the predicate alone, as JSON.',
    })
  }
  const kind = Object.values(predicateKinds).find((each) => each.reads(uri))
  if (kind) parsePredicate<unknown>({ predicateType: uri, predicate }, kind)
  return { type: uri, predicate }
}

function code({ arguments: [image = ''], settings }: Pick<RunContext, 'arguments' | 'settings'>): Program {
  const program = new Program()
  const predicate = settings.text('predicate')
  const type = settings.text('type') ?? ''
  const mode = evidenceModeOf(settings, keyOptions)
  const isIdentity = signsAsIdentity(settings, keyOptions)
  const fields = [
    ...(mode === 'both' ? [] : [`mode: ${literal(mode)}`]),
    ...(isIdentity ? ['witnesses', 'trust: { root }'] : []),
  ]
  const options = fields.length === 0 ? '' : `, { ${fields.join(', ')} }`
  codeClient(program, settings)
  codeSource(program, image)
  if (isIdentity) codeIdentity(program, settings)
  program.line(
    `const signer = ${isIdentity ? 'identity' : codeSigner(program, 'signing-key', settings)}`,
    'const { descriptor } = await source.repository.getManifest(source.tagOrDigest)',
  )
  if (predicate === undefined) {
    program.use('@sallyport/attest', 'attachSignature')
    return program.line(`console.log(await attachSignature(source.repository, descriptor, signer${options}))`)
  }
  program.use('node:fs/promises', 'readFile').use('@sallyport/attest', 'attachAttestation', 'createStatement')
  const isUri = /^https?:\/\//.test(type)
  if (!isUri) program.use('@sallyport/attest', 'predicateTypes')
  return program.line(
    `const predicate: unknown = JSON.parse(await readFile(${literal(predicate)}, 'utf8'))`,
    'const subjects = [{ name: source.repository.name, digest: descriptor.digest }]',
    `const statement = createStatement(subjects, ${isUri ? literal(type) : `predicateTypes.${type}`}, predicate)`,
    `console.log(await attachAttestation(source.repository, descriptor, statement, signer${options}))`,
  )
}

/** `sallyport attest`. */
export const attest: CommandModule = { run, code, schema }
