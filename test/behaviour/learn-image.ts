import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import {
  approveProfile,
  type ApprovedProfile,
  type BehaviourKind,
  type LearningProfile,
  formatProfile,
  learnProfile,
  mergeProfiles,
  parseProfile,
  proposeProfile,
  type RunPhase,
  type SaturationOptions,
} from '@sallyport/runtime/behaviour'
import { inject } from 'vitest'
import type { WatchedImage } from './watched-image.ts'

/** What strace sees. */
export const observes: readonly BehaviourKind[] = ['exec', 'open', 'connect', 'listen', 'syscall']

/** What the smoke tests go through: nginx reads its configuration again, too. */
export const phasesOf = ({ name }: Pick<WatchedImage, 'name'>): readonly RunPhase[] =>
  name === 'nginx' ? ['start', 'load', 'probe', 'reload', 'shutdown'] : ['start', 'load', 'probe', 'shutdown']

export const saturationOf = (image: Pick<WatchedImage, 'name'>): SaturationOptions => ({
  quietRuns: 4,
  quietEvents: 200,
  phases: phasesOf(image),
})

/** Learns one run. */
export const learnRun = (
  watched: WatchedImage,
  run: string,
  options?: Parameters<WatchedImage['watch']>[0],
) =>
  learnProfile(watched.watch(options), {
    family: watched.name,
    workload: `smoke/${watched.name}`,
    image: watched.digest,
    run,
    observes,
    manifest: watched.manifest,
    phases: phasesOf(watched),
  })

/** Runs an image until nothing new is seen, and approves what was learned; once for all files of the suite. */
export async function learnImage(watched: WatchedImage): Promise<ApprovedProfile> {
  const file = join(inject('learned'), `${watched.name}.json`)
  if (existsSync(file)) {
    const profile = parseProfile(await readFile(file, 'utf8'))
    if (profile.state !== 'approved') throw new Error(`${file} is ${profile.state}`)
    return profile
  }
  let learned: LearningProfile | undefined
  for (let runs = 1; runs <= 40; runs++) {
    const one = await learnRun(watched, `learn-${runs}`)
    learned = learned === undefined ? one : mergeProfiles([learned, one])
    const proposed = proposeProfile(learned, saturationOf(watched))
    if (proposed.ok) {
      const step = { by: 'reviewer@example.test', at: new Date().toISOString(), reason: 'read it' }
      const profile = approveProfile(proposed.profile, step)
      await writeFile(file, formatProfile(profile))
      process.stdout.write(`${watched.name}: learned in ${runs} runs\n`)
      return profile
    }
  }
  throw new Error(`${watched.name} still does new things after 40 runs`)
}
