import type { BehaviourEvent } from '../behaviour-event.ts'
import { argumentShape } from '../profile/argument-shape.ts'
import { escapePath, shapeOf } from '../profile/path-pattern.ts'
import type { FoundDeviation } from './finding.ts'

/**
 * What makes two findings the same. Who did it is part of it: what an administrator did once must not hide what an attacker
 * does. So is the file, and how much it matters: reading does not hide writing.
 */
export function findingKey(event: BehaviourEvent, { code, grade, subject }: FoundDeviation): string {
  const { container, process, tags = [] } = event
  const parent = process.parents[0]
  return JSON.stringify([
    container?.id ?? container?.pod,
    code,
    grade,
    // Files that differ in a number are the same finding.
    event.type === 'open' ? shapeOf(event.isPattern ? subject : escapePath(subject)).skeleton : subject,
    tags,
    event.type === 'exec'
      ? [
          parent?.executable ?? parent?.name,
          event.digest,
          event.arguments && argumentShape(event.arguments, event.path),
        ]
      : [process.executable ?? process.name],
  ])
}
