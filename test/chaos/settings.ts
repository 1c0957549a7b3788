import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { lies, troubles } from './faults.ts'
import type { Misfortune } from './plan.ts'
import { canMount } from './small-disk.ts'

/** How many points, of which seed. */
export const points = Number(process.env['SALLYPORT_CHAOS_POINTS'] ?? 60)
export const seed = Number(process.env['SALLYPORT_CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
process.stdout.write(
  `chaos: ${points} points, seed ${seed} (npm run chaos -- --points ${points} --seed ${seed})\n`,
)

/** Emptied in the end. */
export const directory = await mkdtemp(join(tmpdir(), 'sallyport-chaos-'))
const mayMount = await canMount(join(directory, 'disk'))
if (!mayMount) {
  if (process.env['SALLYPORT_REQUIRE_TOOLS']) throw new Error('may not mount: no point can have a full disk')
  process.stdout.write('chaos: may not mount, so no point has a full disk\n')
}
/** What may befall a promotion on this machine. */
export const misfortunes: readonly Misfortune[] = [
  'nothing else',
  ...troubles,
  ...lies,
  ...(mayMount ? (['full disk'] as const) : []),
]
