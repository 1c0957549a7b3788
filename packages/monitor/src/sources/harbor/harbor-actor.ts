import type { ActorDraft } from '../read/create-event.ts'

const systemNames = new Set(['harbor-core', 'harbor-jobservice', 'harbor-proxyservice'])

/** Who it was, by the names that Harbor gives. */
export function toHarborActor(name: string | null | undefined, robotPrefix: string): ActorDraft {
  if (!name) return { kind: 'unknown' }
  if (name.startsWith(robotPrefix)) return { name, kind: 'robot' }
  if (name === 'anonymous') return { name, kind: 'anonymous' }
  return { name, kind: systemNames.has(name) ? 'system' : 'user' }
}

/** An administrator may have changed it. */
export const defaultRobotPrefix = 'robot$'
