import type { BehaviourEvent, RuntimeEvent } from '../behaviour-event.ts'
import { learnProfile } from './learn-profile.ts'
import { mergeProfiles } from './merge-profiles.ts'
import type { ApprovedProfile, LearningProfile } from './profile.ts'
import { approveProfile, proposeProfile } from './profile-states.ts'

export const image = `sha256:${'ab'.repeat(32)}` as const
export const otherImage = `sha256:${'cd'.repeat(32)}` as const
export const files: Readonly<Record<string, `sha256:${string}`>> = {
  '/usr/bin/cartd': `sha256:${'01'.repeat(32)}`,
  '/bin/sh': `sha256:${'02'.repeat(32)}`,
}
const manifest = {
  find: (path: string) => (Object.hasOwn(files, path) ? { digest: files[path] } : undefined),
}
export const step = { by: 'ann@example.test', at: '2026-03-02T00:00:00.000Z', reason: 'read it' }
const all = ['exec', 'open', 'connect', 'listen', 'capability', 'syscall'] as const

type Without<Event> = Event extends unknown ? Omit<Event, 'source' | 'process'> : never
/** An event of the service's own process. */
export const event = (
  what: Without<BehaviourEvent>,
  process: Partial<BehaviourEvent['process']> = {},
): BehaviourEvent =>
  ({
    source: 'test',
    process: { pid: 10, name: 'cartd', executable: '/usr/bin/cartd', parents: [], ...process },
    ...what,
  }) as BehaviourEvent

/** What the service does each time. */
export const normalLoad: readonly RuntimeEvent[] = [
  event({ type: 'exec', path: '/usr/bin/cartd', arguments: ['cartd', '--port', '80'] }),
  event({ type: 'open', path: '/etc/cart.yaml', writes: false }),
  event({ type: 'open', path: '/var/lib/cart/data', writes: true }),
  event({ type: 'listen', protocol: 'tcp', address: '0.0.0.0', port: 80 }),
  event({ type: 'connect', protocol: 'tcp', address: '10.0.0.7', port: 5432 }),
  event({ type: 'connect', protocol: 'tcp', address: '203.0.113.7', port: 443, name: 'api.example.test' }),
  event({ type: 'capability', name: 'CAP_NET_BIND_SERVICE' }),
  event({ type: 'syscall', name: 'openat' }),
  event({ type: 'syscall', name: 'read' }),
]

export const learn = (
  run: string,
  events: Iterable<RuntimeEvent> = normalLoad,
  options: Partial<Parameters<typeof learnProfile>[1]> = {},
): Promise<LearningProfile> =>
  learnProfile(events, {
    family: 'reg.test/cart',
    workload: 'shop/cart',
    image,
    run,
    observes: all,
    manifest,
    startedAt: new Date(Date.parse('2026-03-01T00:00:00Z') + 60_000 * Number(run)),
    clock: { now: () => new Date('2026-03-01T12:00:00Z') },
    phases: ['start', 'load', 'reload', 'probe', 'shutdown'],
    ...options,
  })

export async function approved(): Promise<ApprovedProfile> {
  const runs = await Promise.all(['0', '1', '2', '3'].map((run) => learn(run)))
  const proposed = proposeProfile(mergeProfiles(runs), { quietEvents: 20 })
  if (!proposed.ok) throw new Error(JSON.stringify(proposed.missing))
  return approveProfile(proposed.profile, step)
}
