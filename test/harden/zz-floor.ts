import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { analyzeUsage } from '@sallyport/harden'
import { smokeCommands } from '@sallyport/test-images'
import { closeDependencies } from '../../packages/harden/src/plan/close-dependencies.ts'
import { openSystems } from '../../packages/harden/src/systems/open-systems.ts'
import { openRealImage } from './open-real-image.ts'
const directory = await mkdtemp(join(tmpdir(), 'zz-'))
for (const name of process.argv.slice(2)) {
  await using opened = await openRealImage(name as never, directory)
  const { image, inventory } = opened
  const { packages } = await analyzeUsage(image, inventory, { commands: await smokeCommands(name as never) })
  const systems = await openSystems(image, inventory.packages)
  const all = systems.packages.filter(({ type }) => type === 'deb')
  const linked = all.filter((one) => packages[inventory.packages.indexOf(one)]!.usage === 'linked')
  const rules = all.filter((one) => systems.protected.has(one))
  const start = new Set([...linked, ...rules])
  const closed = closeDependencies(start, systems)
  const floor = start.size + closed.size
  console.log(
    name,
    'packages',
    all.length,
    'linked',
    linked.length,
    'linked, protected and what they depend on',
    floor,
    `${Math.round(100 - (100 * floor) / all.length)} %`,
  )
}
process.exit(0)
