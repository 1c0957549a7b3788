import { type Descriptor, formatBytes, parsePlatform, formatCount } from '@sallyport/core'
import type { CopyEvent } from '@sallyport/oci'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { digestSchema } from '../output/schemas.ts'
import { codeClient, codeSource, openClient, openImageSource, openImageTarget } from '../parts/client.ts'
import { Code, literal, Program } from '../program/program.ts'

const schema = z.strictObject({
  from: z.string(),
  to: z.string(),
  digest: digestSchema,
  unchanged: z.boolean().describe('The target had it already.'),
  manifests: z.int().describe('Manifests and indexes that are at the target now, evidence included.'),
  evidence: z.int().describe('Those of them that are evidence.'),
  blobs: z.strictObject({
    copied: z.int(),
    mounted: z.int(),
    skipped: z.int(),
    foreign: z.int(),
    bytes: z.int().describe('Of those that were copied.'),
  }),
  tags: z.array(z.strictObject({ tag: z.string(), digest: digestSchema })),
})

async function run(context: RunContext): Promise<CommandResult> {
  const { settings, signal, leaves } = context
  const [from = '', to = ''] = context.arguments
  leaves(`The tag of ${to} was not moved.`)
  const client = await openClient(context)
  const source = await openImageSource(context, client, from)
  const target = await openImageTarget(context, client, to)
  const { copy } = await import('@sallyport/oci')
  const platforms = settings.list('platform').map(parsePlatform)
  const report = await copy(source.repository, target.repository, {
    from: source.tagOrDigest,
    tag: target.tag,
    evidence: settings.flag('evidence') ? {} : false,
    ...(platforms.length > 0 && { platforms }),
    signal,
    onProgress: copyProgress(context, to),
  })
  await target.commit({ signal })
  const { digest } = report.root
  const evidence = report.manifests.filter(({ role }) => role === 'referrer' || role === 'cosign-tag').length
  const { copied, mounted, skipped, bytes } = report.blobs
  return {
    verdict: 'pass',
    text: [
      `${to} is ${report.unchanged ? 'already' : 'now'} ${digest}`,
      `${formatCount(copied, 'blob')} copied (${formatBytes(bytes)}), ${mounted} mounted, ${skipped} there already; ${formatCount(evidence, 'manifest')} of evidence`,
    ].join('\n'),
    result: {
      from: source.name,
      to: target.name,
      digest,
      unchanged: report.unchanged,
      manifests: report.manifests.length,
      evidence,
      blobs: report.blobs,
      tags: report.tags,
    },
  }
}

const shortName = ({ digest }: Descriptor): string => digest.slice(0, 19)

/** A line for each blob and manifest; what it says of the tag is what an interruption then leaves. */
export function copyProgress({ progress, leaves }: RunContext, to: string): (event: CopyEvent) => void {
  const tell = (content: Descriptor, what: string) => {
    progress.start(content.digest, shortName(content))
    progress.finish(content.digest, what)
  }
  return (event) => {
    switch (event.type) {
      case 'blob-started':
        leaves(`The tag of ${to} was not moved; what was copied stays there without a tag.`)
        return progress.start(event.blob.digest, shortName(event.blob))
      case 'blob-progressed':
        return progress.update(
          event.blob.digest,
          `${formatBytes(event.bytes)} of ${formatBytes(event.blob.size)}`,
        )
      case 'blob-copied':
        return progress.finish(event.blob.digest, formatBytes(event.blob.size))
      case 'blob-mounted':
        return tell(event.blob, 'mounted')
      case 'blob-skipped':
        return tell(event.blob, 'is there')
      case 'manifest-copied':
        return tell(event.manifest, 'manifest')
      case 'manifest-skipped':
        return tell(event.manifest, 'manifest is there')
      case 'tag-writing':
        return leaves(
          `It was about to move the tag of ${to}: that is where it was, or at ${event.manifest.digest}.`,
        )
      case 'tag-written':
        return progress.finish(event.tag, `tag ${event.tag}`)
    }
  }
}

function code({
  arguments: [from = '', to = ''],
  settings,
}: Pick<RunContext, 'arguments' | 'settings'>): Program {
  const program = new Program()
  program.use('@sallyport/oci', 'copy', 'openTarget', 'parseLocator')
  codeClient(program, settings)
  codeSource(program, from)
  program.line(`await using target = await openTarget(parseLocator(${literal(to)}), { repository })`)
  const platforms = settings.list('platform')
  if (platforms.length > 0) program.use('@sallyport/core', 'parsePlatform')
  const options = {
    from: new Code('source.tagOrDigest'),
    tag: new Code('target.tag'),
    evidence: settings.flag('evidence') ? undefined : false,
    platforms:
      platforms.length > 0 ? platforms.map((one) => new Code(`parsePlatform(${literal(one)})`)) : undefined,
  }
  return program.line(
    `const { root } = await copy(source.repository, target.repository, ${literal(options)})`,
    'await target.commit()',
    'console.log(target.name, root.digest)',
  )
}

/** `sallyport copy`. */
export const copyCommand: CommandModule = { run, code, schema }
