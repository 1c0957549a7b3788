// From an empty folder to a running gate, by the commands and files of the README, timed. Needs the packed
// packages of .reports/packed.
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { copyImage, createRegistryClient, openLayout, parseReference } from '../../packages/oci/src/index.ts'
import { startRegistry } from '../../packages/testkit/src/index.ts'
import { servePackages } from '../packages/serve-packages.mjs'
import { readBlocks } from './read-commands.mjs'
import { inSeconds, runCommands } from './run-commands.mjs'
import { writeImage } from './write-image.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const { sh, ts, yaml } = await readBlocks(root, 'A gate of your own')
const folder = await mkdtemp(join(tmpdir(), 'sallyport-npm-'))
await using packages = await servePackages(root)
await using build = await startRegistry()
await using production = await startRegistry()
await using client = createRegistryClient()
try {
  const source = await openLayout(await writeImage(folder, '1.4'))
  const image = await source.getManifest('1.4')
  const team = client.repository(parseReference(`${build.host}/team/app:1.4`))
  await copyImage(source, team, image.descriptor, {})
  await team.putManifest(image, { tag: '1.4' })

  const environment = {
    ...packages.environment,
    FROM: `${build.host}/team/app:1.4`,
    TO: `${production.host}/team/app:1.4`,
  }
  const empty = join(folder, 'empty')
  await mkdir(empty)
  const [install, start] = sh
  const installed = await runCommands(install, { folder: empty, environment, root })
  // What a person writes into the folder, and the advisories that a person has.
  const mine = join(empty, 'my-gate')
  await writeFile(join(mine, 'gate.ts'), ts[0])
  await writeFile(join(mine, 'gate.yaml'), yaml[0])
  await copyFile(join(root, 'examples', 'demo', 'advisories.json'), join(mine, 'advisories.json'))
  const ran = await runCommands(start, { folder: mine, environment, root })
  if (production.resolve('team/app', '1.4') === undefined) throw new Error('nothing was promoted')
  process.stdout.write(
    `From an empty folder to a running gate: ${inSeconds(installed + ran)}, of which to install ${inSeconds(installed)}\n`,
  )
} finally {
  await rm(folder, { recursive: true, force: true })
}
