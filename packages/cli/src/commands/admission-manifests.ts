import { formatCount } from '@sallyport/core'
import { basename, join } from 'node:path'
import type { DeployOptions } from '@sallyport/admission/deploy'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { makeFolderOf, writeOutput } from '../output/write-output.ts'
import { readFile } from '../parts/read-file.ts'
import { Code, literal, Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'

const schema = z.strictObject({
  folder: z.string(),
  files: z.array(z.string()).describe('What was written, from the folder.'),
})

async function run({ arguments: given, settings, signal }: RunContext): Promise<CommandResult> {
  const [folder = ''] = given
  const { kustomizeBase } = await import('@sallyport/admission/deploy')
  const read = async (file: string) =>
    (await readFile(file, { signal, maxBytes: 1024 * 1024 })).toString('utf8')
  const authority = settings.text('webhook-authority')
  const options: DeployOptions = {
    image: settings.required('webhook-image'),
    files: Object.fromEntries(
      await Promise.all(
        configurations(settings).map(async (file) => [basename(file), await read(file)] as const),
      ),
    ),
    certificate:
      authority === undefined
        ? { type: 'cert-manager' }
        : { type: 'secret', authority: await read(authority) },
  }
  const files = Object.entries(kustomizeBase(options))
  for (const [name, content] of files) {
    await makeFolderOf(join(folder, name))
    await writeOutput(join(folder, name), content, { signal })
  }
  return {
    verdict: 'pass',
    text: `${formatCount(files.length, 'file')} in ${folder}: apply base, and webhooks once its Pods are ready`,
    result: { folder, files: files.map(([name]) => name) },
  }
}

/** They stand beside each other in a ConfigMap, by the last part of their names. */
function configurations(settings: Settings): readonly string[] {
  const files = settings.list('webhook-file')
  if (files.length === 0) settings.required('webhook-file')
  if (new Set(files.map((file) => basename(file))).size < files.length)
    throw new CliError('OPTION_INVALID', '--webhook-file: two files have the same name')
  return files
}

function code({ arguments: [folder = ''], settings }: Pick<RunContext, 'arguments' | 'settings'>): Program {
  const program = new Program()
  program.use('node:fs/promises', 'mkdir', 'readFile', 'writeFile').use('node:path', 'dirname', 'join')
  program.use('@sallyport/admission/deploy', 'kustomizeBase')
  const read = (file: string) => new Code(`await readFile(${literal(file)}, 'utf8')`)
  const authority = settings.text('webhook-authority')
  const certificate =
    authority === undefined ? { type: 'cert-manager' } : { type: 'secret', authority: read(authority) }
  return program.line(
    'const files = kustomizeBase({',
    `  image: ${literal(settings.required('webhook-image'))},`,
    '  files: {',
    ...configurations(settings).map((file) => `    ${literal(basename(file))}: ${read(file)},`),
    '  },',
    `  certificate: ${literal(certificate)},`,
    '})',
    'for (const [name, content] of Object.entries(files)) {',
    `  const path = join(${literal(folder)}, name)`,
    '  await mkdir(dirname(path), { recursive: true })',
    '  await writeFile(path, content)',
    '}',
  )
}

/** `sallyport admission manifests`. */
export const admissionManifests: CommandModule = { run, code, schema }
