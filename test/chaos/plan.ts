import { type StepName, stepNames } from '@sallyport/gate'
import type { lies, troubles } from './faults.ts'
import { type SeededRandom, seededRandom } from './seeded-random.ts'

/** What befalls one promotion besides being killed. */
export type Misfortune = (typeof troubles)[number] | (typeof lies)[number] | 'full disk' | 'nothing else'

/** When a promotion's process is killed. Shares are of what an undisturbed promotion takes. */
export type KillPlan =
  | { readonly by: 'request'; readonly share: number; readonly when: 'before' | 'after' }
  | { readonly by: 'time'; readonly share: number }
  | { readonly by: 'step'; readonly at: string }

/** One point of the chaos. */
export interface Plan {
  readonly number: number
  readonly title: string
  readonly direction: Direction
  readonly kill: KillPlan
  readonly misfortune: Misfortune
  readonly seed: number
}

/** From which registry to which. */
export type Direction = 'docker-registry → olareg' | 'olareg → docker-registry'
export const directions: readonly Direction[] = ['docker-registry → olareg', 'olareg → docker-registry']

const steps = stepNames.filter((step): step is Exclude<StepName, 'quarantine'> => step !== 'quarantine')

/** Plans so many points; a seed gives the same ones again. */
export function planPoints(count: number, seed: number, misfortunes: readonly Misfortune[]): Plan[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, number) => {
    const direction = directions[number % 2]!
    // Every misfortune has its turn in both directions; at which point it strikes is random.
    const misfortune = misfortunes[(number >> 1) % misfortunes.length]!
    const kill = planKill(random)
    const title = `${number}: ${direction}, ${misfortune}, killed ${describeKill(kill)}`
    return { number, title, direction, misfortune, kill, seed: random.below(2 ** 31) }
  })
}

function planKill(random: SeededRandom): KillPlan {
  const share = random.next()
  switch (random.below(4)) {
    case 0:
      return { by: 'time', share }
    case 1:
      return { by: 'step', at: `${random.pick(['step-started', 'step-finished'])} ${random.pick(steps)}` }
    default:
      return { by: 'request', share, when: random.pick(['before', 'after']) }
  }
}

function describeKill(kill: KillPlan): string {
  if (kill.by === 'step') return `at ${kill.at}`
  const share = `${Math.round(kill.share * 100)} % of its ${kill.by === 'time' ? 'time' : 'requests'}`
  return kill.by === 'time' ? `after ${share}` : `${kill.when} the answer at ${share}`
}
