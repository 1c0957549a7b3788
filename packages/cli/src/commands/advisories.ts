import { formatCount } from '@sallyport/core'
import { join } from 'node:path'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { formatAge, formatRows } from '../output/format.ts'
import { digestSchema } from '../output/schemas.ts'
import { makeFolderOf } from '../output/write-output.ts'
import { codeClient, openClient } from '../parts/client.ts'
import { codeRequirements, readRequirements, readTrustedRoot } from '../parts/requirements.ts'
import { findDatabase, kindOfAdvisories, openAdvisories } from '../parts/scanners.ts'
import { literal, Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'

type CodeContext = Pick<RunContext, 'arguments' | 'settings'>

/** `sallyport advisories pull`. */
export const advisoriesPull: CommandModule = {
  schema: z.strictObject({
    reference: z.string(),
    path: z.string().describe('The database, for --advisories.'),
    digest: digestSchema,
    manifest: digestSchema,
    builtAt: z.string(),
    from: z
      .enum(['registry', 'folder'])
      .describe('folder: no registry could be reached, it is what was there.'),
    failures: z.array(z.strictObject({ source: z.string(), code: z.string(), message: z.string() })),
  }),
  async run(context): Promise<CommandResult> {
    const { settings, signal, leaves, progress } = context
    const [text = ''] = context.arguments
    const directory = settings.required('advisories-folder')
    leaves(`The database in ${directory} is the one that was there.`)
    const requirements = await readRequirements(context)
    const root = await readTrustedRoot(context)
    const client = await openClient(context)
    const [{ verifyImage }, { parseReference }, { pullAdvisoryDatabase }] = await Promise.all([
      import('@sallyport/attest'),
      import('@sallyport/oci'),
      import('@sallyport/scan/database'),
    ])
    const reference = parseReference(text)
    await makeFolderOf(join(directory, 'current.json'))
    progress.start('pull', `advisories from ${text}`)
    const pulled = await pullAdvisoryDatabase(client.repository(reference), {
      reference: reference.digest ?? reference.tag ?? 'latest',
      directory,
      mirrors: settings.list('mirror').map((name) => client.repository(parseReference(name))),
      maxAgeMs: settings.number('max-age'),
      verify: (manifest, source) => verifyImage(source, manifest, { requirements, root, signal }),
      signal,
    })
    progress.finish('pull', pulled.builtAt)
    const { path, digest, manifest, builtAt, from, failures } = pulled
    for (const { source, code, message } of failures) context.note(`${source}: ${code}: ${message}`)
    return {
      verdict: 'pass',
      text: `${path}: built ${builtAt}${from === 'folder' ? ', from the folder: no registry could be reached' : ''}`,
      result: { reference: text, path, digest, manifest, builtAt, from, failures },
    }
  },
  code({ arguments: [text = ''], settings }: CodeContext) {
    const program = new Program()
    program.use('@sallyport/attest', 'verifyImage')
    program.use('@sallyport/oci', 'parseReference').use('@sallyport/scan/database', 'pullAdvisoryDatabase')
    codeClient(program, settings)
    const trust = codeRequirements(program, settings)
    return program.line(
      `const reference = parseReference(${literal(text)})`,
      `const mirrors: readonly string[] = ${literal(settings.list('mirror'))}`,
      'const { path } = await pullAdvisoryDatabase(client.repository(reference), {',
      `  reference: reference.digest ?? reference.tag ?? 'latest',`,
      `  directory: ${literal(settings.required('advisories-folder'))},`,
      `  mirrors: mirrors.map((name) => client.repository(parseReference(name))),`,
      `  maxAgeMs: ${literal(settings.number('max-age'))},`,
      `  verify: (manifest, source) => verifyImage(source, manifest, ${trust}),`,
      '})',
      'console.log(path)',
    )
  },
}

/** `sallyport advisories status`. */
export const advisoriesStatus: CommandModule = {
  schema: z.strictObject({
    path: z.string(),
    records: z.int(),
    builtAt: z.string().optional(),
    fresh: z.boolean().describe('Whether all of it is younger than --max-age.'),
    sources: z.array(z.strictObject({ name: z.string(), ageMs: z.number().optional() })),
  }),
  async run(context): Promise<CommandResult> {
    const { settings } = context
    const path = pathOf(settings)
    const opened = await openAdvisories({ ...context, settings: { ...settings, required: () => path } })
    const { createAdvisoryIndex } = await import('@sallyport/scan')
    const { advisoryDatabaseAge } = await import('@sallyport/scan/database')
    const index = 'length' in opened ? createAdvisoryIndex(opened) : opened
    const { oldestMs, sources } = advisoryDatabaseAge(index, new Date())
    const fresh = index.size > 0 && oldestMs <= (settings.number('max-age') ?? 0)
    const builtAt = 'builtAt' in index ? String(index.builtAt) : undefined
    const age = (ms: number) => (Number.isFinite(ms) ? `${formatAge(ms)} old` : 'of unknown age')
    return {
      verdict: fresh ? 'pass' : 'fail',
      text: `${path}: ${formatCount(index.size, 'record')}, ${fresh ? 'fresh' : 'too old'}\n${formatRows(sources.map(({ name, ageMs }) => [`  ${name}`, age(ageMs)]))}`,
      result: {
        path,
        records: index.size,
        builtAt,
        fresh,
        sources: sources.map(({ name, ageMs }) => ({
          name,
          ageMs: Number.isFinite(ageMs) ? ageMs : undefined,
        })),
      },
    }
  },
  async code({ settings }: CodeContext) {
    const program = new Program()
    const path = pathOf(settings)
    const isRecords = (await kindOfAdvisories(path)) === 'records'
    program.use('@sallyport/scan/database', 'advisoryDatabaseAge')
    if (isRecords) {
      program
        .use('node:fs/promises', 'readFile')
        .use('@sallyport/scan', 'createAdvisoryIndex', 'parseAdvisories')
      program.line(
        `const index = createAdvisoryIndex(parseAdvisories(await readFile(${literal(path)}), { source: ${literal(path)} }))`,
      )
    } else {
      program.use('@sallyport/scan/database', 'openAdvisoryDatabase')
      program.line(`using index = await openAdvisoryDatabase(${literal(await findDatabase(path))})`)
    }
    return program.line(
      'const { oldestMs, sources } = advisoryDatabaseAge(index, new Date())',
      'for (const { name, ageMs } of sources) console.log(name, ageMs)',
      `process.exitCode = oldestMs <= ${literal(settings.number('max-age'))} ? 0 : 1`,
    )
  },
}

/** The advisories that are set, or the folder of pulled ones. */
const pathOf = (settings: Settings): string =>
  settings.text('advisories') ?? settings.required('advisories-folder')
