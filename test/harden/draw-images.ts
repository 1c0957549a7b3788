import { createHash } from 'node:crypto'
import process from 'node:process'

/** All of the images, or as many as `--images` says: redis, which is looked at most closely, and others by `--seed`. */
export function drawImages<T extends string>(names: readonly T[]): readonly T[] {
  const { SALLYPORT_HARDEN_IMAGES: count, SALLYPORT_HARDEN_SEED: given } = process.env
  if (count === undefined) return names
  if (!(Number(count) >= 1)) throw new Error(`--images must be a number from 1, not ${count}`)
  const seed = given ?? String(Math.floor(Math.random() * 2 ** 31))
  const lotOf = (name: T) =>
    name === 'redis' ? '' : createHash('sha256').update(`${seed} ${name}`).digest('hex')
  const drawn = new Set([...names].sort((a, b) => (lotOf(a) < lotOf(b) ? -1 : 1)).slice(0, Number(count)))
  process.stdout.write(
    `harden: ${[...drawn].join(', ')} (npm run harden:images -- --images ${count} --seed ${seed})\n`,
  )
  return names.filter((name) => drawn.has(name))
}
