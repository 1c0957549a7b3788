import { formatBytes, formatPlatform, formatCount } from '@sallyport/core'
import type { ReferrerDiscovery } from '@sallyport/oci'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { formatRows } from '../output/format.ts'
import { digestSchema } from '../output/schemas.ts'
import { openClient, openImageSource } from '../parts/client.ts'
import { codeImages, resolveImages } from '../parts/images.ts'
import { Program } from '../program/program.ts'

const schema = z.strictObject({
  image: z.string(),
  digest: digestSchema,
  mediaType: z.string(),
  platforms: z.array(
    z.strictObject({
      platform: z.string(),
      digest: digestSchema,
      bytes: z.int().describe('Of the compressed layers.'),
      layers: z.array(z.strictObject({ digest: digestSchema, mediaType: z.string(), bytes: z.int() })),
      created: z.string().optional(),
      user: z.string().optional(),
      entrypoint: z.array(z.string()).optional(),
      command: z.array(z.string()).optional(),
      labels: z.record(z.string(), z.string()),
    }),
  ),
  evidence: z
    .array(
      z.strictObject({ subject: digestSchema, manifest: digestSchema, type: z.string(), store: z.string() }),
    )
    .describe('What is attached; nothing of it is verified here.'),
  hidden: z.boolean().describe('The registry may have evidence that it does not show.'),
})

async function run(context: RunContext): Promise<CommandResult> {
  const { signal } = context
  const [image = ''] = context.arguments
  const client = await openClient(context)
  const source = await openImageSource(context, client, image)
  const resolved = await resolveImages(context, source)
  const { readDocuments } = await import('@sallyport/image')
  const { root, images } = resolved
  const platforms = await Promise.all(
    images.map(async ({ raw, platform }) => {
      const { manifest, config } = await readDocuments(source.repository, raw, { signal })
      const of = config.config ?? {}
      return {
        platform: formatPlatform(platform),
        digest: raw.descriptor.digest,
        bytes: manifest.layers.reduce((sum, { size }) => sum + size, 0),
        layers: manifest.layers.map(({ digest, mediaType, size }) => ({ digest, mediaType, bytes: size })),
        created: config.created ?? undefined,
        user: of.User || undefined,
        entrypoint: of.Entrypoint ? [...of.Entrypoint] : undefined,
        command: of.Cmd ? [...of.Cmd] : undefined,
        labels: { ...of.Labels },
      }
    }),
  )
  const subjects = [...new Set([root.descriptor.digest, ...images.map(({ raw }) => raw.descriptor.digest)])]
  const found = await Promise.all(
    subjects.map((subject) => source.repository.discoverReferrers(subject, { signal })),
  )
  const evidence = found
    .flatMap(listEvidence)
    .toSorted((one, other) => (`${one.type} ${one.store}` < `${other.type} ${other.store}` ? -1 : 1))
  const hidden = found.some(({ referrersApi }) => referrersApi === 'denied' || referrersApi === 'unusable')
  return {
    verdict: 'pass',
    text: format({ image, root, platforms, evidence, hidden }),
    result: {
      image,
      digest: root.descriptor.digest,
      mediaType: root.descriptor.mediaType,
      platforms,
      evidence,
      hidden,
    },
  }
}

const listEvidence = ({ subject, referrers, cosignTags }: ReferrerDiscovery) => [
  ...referrers.map(({ descriptor, mechanisms }) => ({
    subject,
    manifest: descriptor.digest,
    type:
      descriptor.annotations?.['dev.sigstore.bundle.predicateType'] ??
      descriptor.artifactType ??
      descriptor.mediaType,
    store: mechanisms.join(', '),
  })),
  ...cosignTags.map(({ kind, descriptor, tag }) => ({
    subject,
    manifest: descriptor.digest,
    type: kind,
    store: `tag ${tag}`,
  })),
]

/** A tag of cosign repeats the digest of its image, in a name that is longer than most terminals are wide. */
const shortStore = (store: string): string => (store.startsWith('tag ') ? 'tag of cosign' : store)

interface Inspected {
  readonly image: string
  readonly root: { readonly descriptor: { readonly digest: string; readonly mediaType: string } }
  readonly platforms: readonly {
    readonly platform: string
    readonly digest: string
    readonly bytes: number
    readonly layers: readonly { readonly digest: string; readonly bytes: number }[]
    readonly created: string | undefined
    readonly user: string | undefined
    readonly entrypoint: readonly string[] | undefined
    readonly command: readonly string[] | undefined
  }[]
  readonly evidence: ReturnType<typeof listEvidence>
  readonly hidden: boolean
}

function format({ image, root, platforms, evidence, hidden }: Inspected): string {
  const lines = [`${image}  ${root.descriptor.digest}`, root.descriptor.mediaType]
  for (const one of platforms) {
    lines.push('', `${one.platform}  ${one.digest}`)
    const words = [...(one.entrypoint ?? []), ...(one.command ?? [])].join(' ')
    lines.push(
      formatRows([
        ['  runs', words || '-'],
        ['  as', one.user ?? 'root'],
        ['  created', one.created ?? '-'],
        ['  layers', `${one.layers.length}, ${formatBytes(one.bytes)}`],
      ]),
      // Digests come last: in a narrow terminal they have lines of their own.
      formatRows(one.layers.map(({ digest, bytes }) => [`    ${formatBytes(bytes)}`, digest])),
    )
  }
  lines.push('', `${formatCount(evidence.length, 'piece')} of evidence, not verified`)
  if (evidence.length > 0)
    lines.push(
      formatRows(evidence.map(({ type, manifest, store }) => [`  ${type}`, shortStore(store), manifest])),
    )
  if (hidden) lines.push('  the registry may have more than it shows')
  return lines.join('\n')
}

function code({ arguments: [image = ''], settings }: Pick<RunContext, 'arguments' | 'settings'>): Program {
  const program = new Program()
  program.use('@sallyport/core', 'formatPlatform').use('@sallyport/image', 'readDocuments')
  codeImages(program, image, settings)
  return program.line(
    'const { root, images } = resolved',
    'console.log(source.name, root.descriptor.digest)',
    'for (const { raw, platform } of images) {',
    '  const { manifest, config } = await readDocuments(source.repository, raw)',
    '  console.log(formatPlatform(platform), manifest.layers.length, config.config?.Entrypoint)',
    '}',
    'const { referrers, cosignTags } = await source.repository.discoverReferrers(root.descriptor.digest)',
    'for (const { descriptor } of [...referrers, ...cosignTags]) console.log(descriptor.digest, descriptor.artifactType)',
  )
}

/** `sallyport inspect`. */
export const inspect: CommandModule = { run, code, schema }
