// From a clone to the first promotion of an image of one's own, by the commands of the README, timed.
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { readBlocks } from './read-commands.mjs'
import { inSeconds, runCommands } from './run-commands.mjs'
import { writeImage } from './write-image.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const { sh } = await readBlocks(root, 'Ten minutes')
const { repository } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
const folder = await mkdtemp(join(tmpdir(), 'sallyport-clone-'))
try {
  const layout = await writeImage(folder, '1.0')
  // The address of the README leads to this checkout.
  const environment = {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.file://${root}.insteadOf`,
    GIT_CONFIG_VALUE_0: repository.url.replace(/^git\+/, ''),
    IMAGE: `oci:${layout}:1.0`,
  }
  const took = await runCommands(sh[0], { folder, environment, root })
  const head = (at) => execFileSync('git', ['-C', at, 'rev-parse', 'HEAD'], { encoding: 'utf8' })
  if (head(root) !== head(join(folder, 'sallyport'))) throw new Error('that was another commit')
  process.stdout.write(`From a clone to the first promotion of an own image: ${inSeconds(took)}\n`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
