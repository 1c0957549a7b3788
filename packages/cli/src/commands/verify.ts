import type { ImageVerdict, RequirementResult } from '@sallyport/attest'
import { formatPlatform } from '@sallyport/core'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { adviceOn } from '../output/describe-error.ts'
import { paint } from '../output/format.ts'
import { digestSchema, verdictSchema } from '../output/schemas.ts'
import { codeClient, codeSource, openClient, openImageSource } from '../parts/client.ts'
import { codeRequirements, readRequirements, readTrustedRoot } from '../parts/requirements.ts'
import { Program } from '../program/program.ts'

const schema = z.strictObject({
  image: z.string(),
  digest: digestSchema.optional().describe('What the name led to; use it instead of the tag.'),
  subjects: z.array(
    z.strictObject({ digest: digestSchema, verdict: verdictSchema, platform: z.string().optional() }),
  ),
  requirements: z.array(
    z.strictObject({
      name: z.string(),
      kind: z.string(),
      subject: digestSchema,
      satisfied: z.boolean(),
      message: z.string(),
      evidence: z.array(
        z.strictObject({ store: z.string(), manifest: digestSchema, predicateType: z.string() }),
      ),
      candidates: z
        .array(
          z.strictObject({
            code: z.string(),
            store: z.string(),
            manifest: digestSchema,
            message: z.string(),
          }),
        )
        .describe('Why others do not count.'),
    }),
  ),
  warnings: z.array(z.strictObject({ code: z.string(), message: z.string() })),
})

async function run(context: RunContext): Promise<CommandResult> {
  const { signal, progress } = context
  const [image = ''] = context.arguments
  const [requirements, root, { verifyImage }] = await Promise.all([
    readRequirements(context),
    readTrustedRoot(context),
    import('@sallyport/attest'),
  ])
  const client = await openClient(context)
  const source = await openImageSource(context, client, image)
  progress.start('verify', `evidence of ${image}`)
  const verdict = await verifyImage(source.repository, source.tagOrDigest, { requirements, root, signal })
  progress.finish('verify', verdict.verdict)
  return {
    verdict: verdict.verdict,
    text: format(verdict, context),
    error:
      verdict.verdict === 'error'
        ? new CliError(
            'UNJUDGED',
            `${image} could not be judged: ${verdict.error?.code}: ${verdict.error?.message}`,
            { advice: adviceOn(verdict.error?.code) },
          )
        : undefined,
    result: {
      image,
      digest: verdict.digest,
      subjects: verdict.subjects.map(({ digest, verdict: each, platform }) => ({
        digest,
        verdict: each,
        platform: platform && formatPlatform(platform),
      })),
      requirements: verdict.requirements.map(brief),
      warnings: verdict.warnings.map(({ code, message }) => ({ code, message })),
    },
  }
}

const brief = ({ name, kind, subject, satisfied, message, evidence, candidates }: RequirementResult) => ({
  name,
  kind,
  subject,
  satisfied,
  message,
  evidence: evidence.map(({ store, manifest, predicateType }) => ({ store, manifest, predicateType })),
  candidates: candidates.map((one) => ({
    code: one.code,
    store: one.store,
    manifest: one.manifest,
    message: one.message,
  })),
})

function format({ verdict, digest, requirements, warnings }: ImageVerdict, context: RunContext): string {
  const { isColored } = context.screen
  return [
    `${paint(isColored, verdict === 'pass' ? 'green' : 'red', verdict)}  ${context.arguments[0]}${digest ? `  ${digest}` : ''}`,
    ...requirements.flatMap(({ name, satisfied, message, candidates }) => [
      `${paint(isColored, satisfied ? 'green' : 'red', satisfied ? 'yes' : 'no')}  ${name}: ${message}`,
      ...candidates.flatMap(({ store, manifest, code, message: why }) => [
        `    ${code}, ${store}: ${why}`,
        `      ${manifest}`,
      ]),
    ]),
    ...warnings.map(({ code, message }) => `${paint(isColored, 'yellow', code)}: ${message}`),
  ].join('\n')
}

function code({ arguments: [image = ''], settings }: Pick<RunContext, 'arguments' | 'settings'>): Program {
  const program = new Program()
  program.use('@sallyport/attest', 'verifyImage')
  codeClient(program, settings)
  codeSource(program, image)
  const options = codeRequirements(program, settings)
  return program.line(
    `const { verdict, requirements: results } = await verifyImage(source.repository, source.tagOrDigest, ${options})`,
    'for (const { name, satisfied, message } of results) console.log(satisfied, name, message)',
    'process.exitCode = { pass: 0, fail: 1, error: 2 }[verdict]',
  )
}

/** `sallyport verify`. */
export const verify: CommandModule = { run, code, schema }
