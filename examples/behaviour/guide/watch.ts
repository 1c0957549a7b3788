import type { Digest } from '@sallyport/core'
import {
  type BehaviourProfile,
  type BehaviourStatus,
  createJudge,
  type EventSource,
  readTetragonEvents,
} from '@sallyport/runtime/behaviour'

/** Judges what a container does, and prints what its profile does not have. */
export async function watch(
  events: EventSource,
  profile: BehaviourProfile,
  image: Digest,
  print: (line: string) => void = console.log,
): Promise<BehaviourStatus> {
  const judge = createJudge(profile, { image, observes: ['exec', 'connect'] })
  for await (const event of readTetragonEvents(events))
    for (const { grade, message, tags, parents, suppressed } of judge.take(event))
      print(JSON.stringify({ grade, message, tags, parents, suppressed }))
  return judge.status()
}
