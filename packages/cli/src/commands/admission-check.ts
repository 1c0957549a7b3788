import type { AdmissionDecision } from '@sallyport/admission'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { paint } from '../output/format.ts'
import { printable } from '../output/progress.ts'
import { digestSchema } from '../output/schemas.ts'
import { codeClient, openClient } from '../parts/client.ts'
import { readFile } from '../parts/read-file.ts'
import { readTrustedRoot } from '../parts/requirements.ts'
import { literal, Program } from '../program/program.ts'

const schema = z.strictObject({
  image: z.string(),
  decision: z.enum(['allow', 'deny', 'error']).describe('Verdict pass, fail or error.'),
  admitted: z.boolean().describe('Whether the cluster would let it run, with decision allow or without.'),
  ground: z.string().describe('Why it would or would not.'),
  exemption: z.string().optional(),
  digest: digestSchema.optional().describe('What was verified.'),
  pinned: z.string().optional().describe('The image by that digest.'),
  rules: z.array(z.string()).describe('Rules that match.'),
  reasons: z.array(
    z.strictObject({
      code: z.string(),
      message: z.string(),
      action: z.string().describe('What to do.'),
      rule: z.string().optional(),
    }),
  ),
  warnings: z.array(z.string()),
})

const verdicts = { allow: 'pass', deny: 'fail', error: 'error' } as const
/** A person waits, not the API server. */
const budgetMs = 60_000

async function run(context: RunContext): Promise<CommandResult> {
  const { settings, signal, progress, resources } = context
  const [image = ''] = context.arguments
  const source = settings.required('admission-policy')
  const [document, root, { createAdmission, createRegistryVerifier, parseAdmissionPolicy, revocationFile }] =
    await Promise.all([
      readFile(source, { signal }),
      readTrustedRoot(context),
      import('@sallyport/admission'),
    ])
  const revoked = settings.text('revocations')
  const policy = parseAdmissionPolicy(document, { source })
  const client = await openClient(context)
  const admission = resources.use(
    createAdmission({
      policy,
      verifier: createRegistryVerifier({ repository: (name) => client.repository(name), root }),
      revocations: revoked === undefined ? undefined : revocationFile(revoked),
      budgetMs,
    }),
  )
  progress.start('check', `evidence of ${image}`)
  const decision = await admission.decideImage(image, { namespace: settings.text('namespace') }, { signal })
  progress.finish('check', decision.verdict)
  const { verdict, admitted, ground, exemption, digest, pinned, rules, reasons, warnings } = decision
  return {
    verdict: verdicts[verdict],
    text: format(decision, context),
    error: verdict === 'error' ? unjudged(decision) : undefined,
    result: {
      image,
      decision: verdict,
      admitted,
      ground,
      exemption,
      digest,
      pinned,
      rules,
      reasons: reasons.map(({ code, message, action, rule }) => ({ code, message, action, rule })),
      warnings,
    },
  }
}

function unjudged({ reference, reasons: [reason] }: AdmissionDecision): CliError {
  return new CliError('UNJUDGED', `${reference} could not be judged: ${reason?.message ?? 'no reason'}`, {
    advice: reason && sentence(reason.action),
  })
}

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`

function format(decision: AdmissionDecision, { screen: { isColored } }: RunContext): string {
  const { verdict, reference, pinned, admitted, ground, exemption, reasons, warnings } = decision
  return [
    `${paint(isColored, verdict === 'allow' ? 'green' : 'red', verdict)}  ${printable(pinned ?? reference)}`,
    ...reasons.map(({ code: why, message, action, rule }) => {
      const text = `${rule === undefined ? '' : `${rule}: `}${message}; ${action}`
      return `${paint(isColored, 'red', why)}: ${printable(text)}`
    }),
    ...warnings.map((warning) => `${paint(isColored, 'yellow', 'warning')}: ${printable(warning)}`),
    ...(admitted && verdict !== 'allow'
      ? [`the cluster lets it run all the same: ${ground}${exemption === undefined ? '' : ` (${exemption})`}`]
      : []),
  ].join('\n')
}

function code({ arguments: [image = ''], settings }: Pick<RunContext, 'arguments' | 'settings'>): Program {
  const program = new Program()
  program.use('@sallyport/admission', 'createAdmission', 'createRegistryVerifier', 'parseAdmissionPolicy')
  program.use('node:fs/promises', 'readFile')
  codeClient(program, settings)
  const source = literal(settings.required('admission-policy'))
  const root = settings.text('trusted-root')
  const revoked = settings.text('revocations')
  if (root !== undefined) program.use('@sallyport/attest', 'parseTrustedRoot')
  if (revoked !== undefined) program.use('@sallyport/admission', 'revocationFile')
  const trusted = root === undefined ? '' : `, root: parseTrustedRoot(await readFile(${literal(root)}))`
  const namespace = settings.text('namespace')
  return program.line(
    'await using admission = createAdmission({',
    `  policy: parseAdmissionPolicy(await readFile(${source}), { source: ${source} }),`,
    `  verifier: createRegistryVerifier({ repository: (name) => client.repository(name)${trusted} }),`,
    ...(revoked === undefined ? [] : [`  revocations: revocationFile(${literal(revoked)}),`]),
    `  budgetMs: ${budgetMs},`,
    '})',
    `const { verdict, reasons, pinned } = await admission.decideImage(${literal(image)}, ${literal({ namespace })})`,
    'console.log(verdict, pinned)',
    'for (const { code, message, action } of reasons) console.log(code, message, action)',
    'process.exitCode = { allow: 0, deny: 1, error: 2 }[verdict]',
  )
}

/** `sallyport admission check`. */
export const admissionCheck: CommandModule = { run, code, schema }
