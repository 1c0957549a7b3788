import { formatCount } from '@sallyport/core'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { ownVersion } from '../internal/own-version.ts'
import { digestSchema } from '../output/schemas.ts'
import { writeOutput } from '../output/write-output.ts'
import { openClient, openImageSource } from '../parts/client.ts'
import { codeOnlyImage, onlyImage, openWithInventory, resolveImages } from '../parts/images.ts'
import { literal, Program } from '../program/program.ts'

const schema = z.strictObject({
  image: z.string(),
  digest: digestSchema.describe('Of the image that it is about.'),
  format: z.enum(['cyclonedx', 'spdx']),
  packages: z.int(),
  gaps: z
    .array(z.strictObject({ code: z.string(), message: z.string() }))
    .describe('What could not be seen.'),
  output: z.string().optional().describe('The file that was written.'),
  document: z.record(z.string(), z.unknown()).optional().describe('The SBOM, unless it went to a file.'),
})

async function run(context: RunContext): Promise<CommandResult> {
  const { settings, signal, leaves } = context
  const [image = ''] = context.arguments
  const output = settings.text('output')
  leaves(output ? `${output} is as it was.` : 'Nothing was written.')
  const client = await openClient(context)
  const source = await openImageSource(context, client, image)
  const resolved = await resolveImages(context, source)
  const { raw, platform } = onlyImage(resolved, image)
  const { inventory } = await openWithInventory(context, source, raw, platform)
  const { toCycloneDx, toSpdx } = await import('@sallyport/inventory/sbom')
  const format = settings.required('format') as 'cyclonedx' | 'spdx'
  const options = {
    name: source.name,
    timestamp: new Date(),
    tool: { name: 'sallyport', version: ownVersion() },
  }
  const document = format === 'spdx' ? toSpdx(inventory, options) : toCycloneDx(inventory, options)
  for (const { code, message } of inventory.gaps) context.note(`not seen: ${code}: ${message}`)
  if (output) await writeOutput(output, document, { signal })
  return {
    verdict: 'pass',
    text: output
      ? `${output}: ${formatCount(inventory.packages.length, 'package')} of ${inventory.subject}`
      : text(document),
    ...(output === undefined && { isVerbatim: true as const }),
    result: {
      image,
      digest: inventory.subject,
      format,
      packages: inventory.packages.length,
      gaps: inventory.gaps.map(({ code, message }) => ({ code, message })),
      output,
      document: output ? undefined : (JSON.parse(text(document)) as Record<string, unknown>),
    },
  }
}

const text = (document: string | Uint8Array): string =>
  typeof document === 'string' ? document : Buffer.from(document).toString('utf8')

function code({ arguments: [image = ''], settings }: Pick<RunContext, 'arguments' | 'settings'>): Program {
  const program = new Program()
  const convert = settings.text('format') === 'spdx' ? 'toSpdx' : 'toCycloneDx'
  const output = settings.text('output')
  program.use('@sallyport/inventory/sbom', convert)
  codeOnlyImage(program, image, settings)
  program.line(
    `const sbom = ${convert}(inventory, { name: source.name, timestamp: new Date(), tool: ${literal({ name: 'sallyport', version: ownVersion() })} })`,
  )
  if (output === undefined) return program.line('process.stdout.write(sbom)')
  program.use('node:fs/promises', 'rename', 'writeFile')
  return program.line(
    `await writeFile(${literal(`${output}.tmp`)}, sbom)`,
    `await rename(${literal(`${output}.tmp`)}, ${literal(output)})`,
  )
}

/** `sallyport sbom`. */
export const sbom: CommandModule = { run, code, schema }
