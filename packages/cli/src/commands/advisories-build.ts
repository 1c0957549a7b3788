import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBytes, formatCount } from '@sallyport/core'
import type { OsvRecord } from '@sallyport/scan'
import type { AdvisoryInput, BuildProgress } from '@sallyport/scan/database'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { formatRows } from '../output/format.ts'
import { digestSchema } from '../output/schemas.ts'
import { codeClient, openClient } from '../parts/client.ts'
import { readFile, unreadable } from '../parts/read-file.ts'
import { codeSigner, openSigner } from '../parts/signer.ts'
import { literal, Program } from '../program/program.ts'

type CodeContext = Pick<RunContext, 'arguments' | 'settings'>

const sourceSchema = z.strictObject({
  name: z.string(),
  updatedAt: z.string().optional(),
  records: z.int().optional(),
})

/** `name=path`, or a path that is its own name. */
function namedPath(text: string): { readonly name: string; readonly path: string } {
  const at = text.indexOf('=')
  return at > 0 ? { name: text.slice(0, at), path: text.slice(at + 1) } : { name: text, path: text }
}

async function kindOfOsv(path: string): Promise<'directory' | 'zip' | 'jsonl'> {
  const place = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause)
  })
  return place.isDirectory() ? 'directory' : path.endsWith('.zip') ? 'zip' : 'jsonl'
}

function alpineSource(text: string): { readonly release: string; readonly path: string } {
  const { name, path } = namedPath(text)
  if (/^v\d+\.\d+$|^edge$/.test(name)) return { release: name, path }
  throw new CliError('OPTION_INVALID', '--alpine-secdb: expected release=file, e.g. v3.20=main.json')
}

async function gatherInputs({ settings, signal }: RunContext): Promise<readonly AdvisoryInput[]> {
  const updatedAt = settings.text('updated-at')
  const modified = updatedAt ?? new Date().toISOString()
  const inputs: AdvisoryInput[] = []
  for (const text of settings.list('osv')) {
    const { name, path } = namedPath(text)
    const kind = await kindOfOsv(path)
    inputs.push(kind === 'jsonl' ? { kind, name, content: path, updatedAt } : { kind, name, path, updatedAt })
  }
  const { parseAlpineSecdb, parseCsafVex, parseTrackerJson } = await import('@sallyport/scan/sources')
  const debian = settings.text('debian-tracker')
  if (debian !== undefined) {
    await kindOfOsv(debian)
    const records = await parseTrackerJson(createReadStream(debian, { signal }), { source: debian, modified })
    inputs.push({ kind: 'records', name: 'Debian tracker', records, updatedAt: modified })
  }
  for (const text of settings.list('alpine-secdb')) {
    const { release, path } = alpineSource(text)
    const records = parseAlpineSecdb((await readFile(path, { signal })).toString('utf8'), {
      source: path,
      release,
      modified,
    })
    inputs.push({ kind: 'records', name: `Alpine secdb ${release} ${path}`, records, updatedAt: modified })
  }
  const csaf = settings.text('csaf')
  if (csaf !== undefined) {
    const names = await readdir(csaf).catch((cause: unknown) => {
      throw unreadable(csaf, cause)
    })
    const read = async function* (): AsyncGenerator<OsvRecord> {
      for (const name of names.filter((one) => one.endsWith('.json')))
        yield* parseCsafVex((await readFile(join(csaf, name), { signal })).toString('utf8'), name)
    }
    inputs.push({ kind: 'records', name: 'CSAF', records: read(), updatedAt })
  }
  if (inputs.length > 0) return inputs
  throw new CliError('OPTION_MISSING', 'there is no source of advisories', {
    advice: 'Give --osv, --debian-tracker, --alpine-secdb or --csaf.',
  })
}

function buildProgress({ progress }: RunContext): (event: BuildProgress) => void {
  return (event) => {
    if (event.type === 'source-reading') {
      progress.start(event.source, event.source)
      progress.update(event.source, `${event.records} records`)
    } else if (event.type === 'source-read')
      progress.finish(event.source, `${event.source}: ${event.records} records`)
  }
}

/** `sallyport advisories build`. */
export const advisoriesBuild: CommandModule = {
  schema: z.strictObject({
    output: z.string(),
    digest: digestSchema,
    bytes: z.int(),
    builtAt: z.string(),
    records: z.int(),
    withdrawn: z.int(),
    sources: z.array(sourceSchema),
    pushed: digestSchema.optional().describe('With --push: the manifest, which was signed.'),
  }),
  async run(context): Promise<CommandResult> {
    const { settings, signal, leaves } = context
    const output = settings.required('output')
    leaves(`${output} is as it was.`)
    const { parseEpss, parseKev } = await import('@sallyport/scan')
    const { buildAdvisoryDatabase } = await import('@sallyport/scan/database')
    const [kev, epss] = [settings.text('kev'), settings.text('epss')]
    if (epss !== undefined) await kindOfOsv(epss)
    const push = settings.text('push') === undefined ? undefined : await openPush(context)
    const inputs = await gatherInputs(context)
    const built = await buildAdvisoryDatabase({
      inputs,
      ...(kev !== undefined && { kev: parseKev(await readFile(kev, { signal }), { source: kev }) }),
      ...(epss !== undefined && {
        epss: await parseEpss(createReadStream(epss, { signal }), { source: epss }),
      }),
      output,
      signal,
      onProgress: buildProgress(context),
    })
    const { digest, bytes, builtAt, size, withdrawn, sources } = built
    const pushed = await push?.(output)
    return {
      verdict: 'pass',
      text: `${output}: ${formatCount(size, 'record')}, ${formatBytes(bytes)}, ${digest}\n${formatRows(sources.map(({ name, records, updatedAt = 'of an unknown time' }) => [`  ${name}`, String(records), updatedAt]))}${pushed ? `\npushed and signed: ${pushed}` : ''}`,
      result: {
        output,
        digest,
        bytes,
        builtAt,
        records: size,
        withdrawn,
        sources: sources.map(({ name, updatedAt, records }) => ({ name, updatedAt, records })),
        pushed,
      },
    }
  },
  code: codeBuild,
}

/**
 * Opens all that a push needs before anything is built. It signs what it pushed before the tag leads to it: whoever pulls
 * takes nothing without a signature.
 */
async function openPush(context: RunContext): Promise<(file: string) => Promise<string>> {
  const { settings, signal, leaves } = context
  const to = settings.required('push')
  const [{ attachSignature }, { parseReference }, { pushAdvisoryDatabase }] = await Promise.all([
    import('@sallyport/attest'),
    import('@sallyport/oci'),
    import('@sallyport/scan/database'),
  ])
  const reference = parseReference(to)
  const signer = await openSigner('signing-key', context)
  const repository = (await openClient(context)).repository(reference)
  return async (file) => {
    leaves(`${file} is built; the tag of ${to} was not moved.`)
    const { digest } = await pushAdvisoryDatabase(repository, file, { signal })
    const manifest = await repository.getManifest(digest, { signal })
    await attachSignature(repository, manifest.descriptor, signer, { signal })
    leaves(`${file} is built; it was about to move the tag of ${to}: that is where it was, or at ${digest}.`)
    await repository.putManifest(manifest, { tag: reference.tag ?? 'latest', signal })
    return digest
  }
}

async function codeBuild({ settings }: CodeContext): Promise<Program> {
  const program = new Program()
  const updatedAt = settings.text('updated-at')
  const time = updatedAt === undefined ? 'new Date().toISOString()' : literal(updatedAt)
  program.use('@sallyport/scan/database', 'buildAdvisoryDatabase', 'type AdvisoryInput')
  // What converters make has no time of its own.
  if (settings.text('debian-tracker') !== undefined || settings.list('alpine-secdb').length > 0)
    program.line(`const modified = ${time}`)
  program.line('const inputs: AdvisoryInput[] = []')
  for (const text of settings.list('osv')) {
    const { name, path } = namedPath(text)
    const kind = await kindOfOsv(path)
    program.line(
      `inputs.push(${literal(kind === 'jsonl' ? { kind, name, content: path, updatedAt } : { kind, name, path, updatedAt })})`,
    )
  }
  const debian = settings.text('debian-tracker')
  if (debian !== undefined) {
    program.use('node:fs', 'createReadStream').use('@sallyport/scan/sources', 'parseTrackerJson')
    program.line(
      `inputs.push({ kind: 'records', name: 'Debian tracker', updatedAt: modified, records: await parseTrackerJson(createReadStream(${literal(debian)}), { source: ${literal(debian)}, modified }) })`,
    )
  }
  for (const text of settings.list('alpine-secdb')) {
    const { release, path } = alpineSource(text)
    program.use('node:fs/promises', 'readFile').use('@sallyport/scan/sources', 'parseAlpineSecdb')
    program.line(
      `inputs.push({ kind: 'records', name: ${literal(`Alpine secdb ${release} ${path}`)}, updatedAt: modified, records: parseAlpineSecdb(await readFile(${literal(path)}, 'utf8'), { source: ${literal(path)}, release: ${literal(release)}, modified }) })`,
    )
  }
  const csaf = settings.text('csaf')
  if (csaf !== undefined) {
    program.use('node:fs/promises', 'readdir', 'readFile').use('node:path', 'join')
    program.use('@sallyport/scan/sources', 'parseCsafVex')
    program.line(
      'async function* readCsaf(folder: string) {',
      '  for (const name of await readdir(folder))',
      `    if (name.endsWith('.json')) yield* parseCsafVex(await readFile(join(folder, name), 'utf8'), name)`,
      '}',
      `inputs.push({ kind: 'records', name: 'CSAF', records: readCsaf(${literal(csaf)}) })`,
    )
  }
  const [kev, epss] = [settings.text('kev'), settings.text('epss')]
  const fields = ['inputs', `output: ${literal(settings.required('output'))}`]
  if (kev !== undefined) {
    program.use('@sallyport/scan', 'parseKev').use('node:fs/promises', 'readFile')
    fields.push(`kev: parseKev(await readFile(${literal(kev)}), { source: ${literal(kev)} })`)
  }
  if (epss !== undefined) {
    program.use('@sallyport/scan', 'parseEpss').use('node:fs', 'createReadStream')
    fields.push(`epss: await parseEpss(createReadStream(${literal(epss)}), { source: ${literal(epss)} })`)
  }
  program.line(
    `const { path, digest, size } = await buildAdvisoryDatabase({ ${fields.join(', ')} })`,
    'console.log(path, digest, size)',
  )
  const to = settings.text('push')
  if (to === undefined) return program
  program.use('@sallyport/attest', 'attachSignature').use('@sallyport/oci', 'parseReference')
  program.use('@sallyport/scan/database', 'pushAdvisoryDatabase')
  codeClient(program, settings)
  return program.line(
    `const signer = ${codeSigner(program, 'signing-key', settings)}`,
    `const reference = parseReference(${literal(to)})`,
    'const repository = client.repository(reference)',
    'const pushed = await pushAdvisoryDatabase(repository, path)',
    'const manifest = await repository.getManifest(pushed.digest)',
    'await attachSignature(repository, manifest.descriptor, signer)',
    `await repository.putManifest(manifest, { tag: reference.tag ?? 'latest' })`,
  )
}
