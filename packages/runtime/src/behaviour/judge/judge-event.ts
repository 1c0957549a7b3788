import type { BehaviourEvent, ExecEvent } from '../behaviour-event.ts'
import { argumentShape } from '../profile/argument-shape.ts'
import type { FoundDeviation } from './finding.ts'
import {
  gradeArguments,
  gradeCapability,
  gradeOpen,
  gradePeer,
  gradeSyscall,
  isInterpreter,
} from './grade-deviation.ts'
import type { ProfileIndex } from './profile-index.ts'

/** What an event does that the profile does not have. `hasNetworkParent`: whether it descends from a process that speaks to others. */
export function judgeEvent(
  event: BehaviourEvent,
  profile: ProfileIndex,
  hasNetworkParent: boolean,
): readonly FoundDeviation[] {
  switch (event.type) {
    case 'exec':
      return judgeExec(event, profile, hasNetworkParent)
    case 'open': {
      const known = profile.open(event)
      if (known === 'known') return []
      const what =
        known === 'written'
          ? 'writes to a file that it only reads'
          : event.writes
            ? 'writes to a new file'
            : 'opens a new file'
      return [
        found(
          'new-path',
          gradeOpen(event.path, event.writes),
          event.path,
          `${nameOf(event)} ${what}: ${event.path}`,
        ),
      ]
    }
    case 'connect': {
      if (profile.connect(event)) return []
      const peer = event.protocol === 'unix' ? event.address : `${event.name ?? event.address}:${event.port}`
      const grade = event.protocol === 'unix' ? gradeOpen(event.address, false) : gradePeer(event.address)
      return [
        found('new-endpoint', grade, `${event.protocol} ${peer}`, `${nameOf(event)} connects to ${peer}`),
      ]
    }
    case 'listen': {
      if (profile.listen(event)) return []
      const place = `${event.address}:${event.port}`
      return [
        found('new-listener', 'high', `${event.protocol} ${place}`, `${nameOf(event)} listens on ${place}`),
      ]
    }
    case 'capability':
      return profile.capability(event.name)
        ? []
        : [
            found(
              'new-capability',
              gradeCapability(event.name),
              event.name,
              `${nameOf(event)} uses ${event.name}`,
            ),
          ]
    case 'syscall':
      return profile.syscall(event.name)
        ? []
        : [
            found(
              'new-system-call',
              gradeSyscall(event.name),
              event.name,
              `${nameOf(event)} calls ${event.name}`,
            ),
          ]
  }
}

function judgeExec(
  event: ExecEvent,
  profile: ProfileIndex,
  hasNetworkParent: boolean,
): readonly FoundDeviation[] {
  const { path, origin, digest } = event
  const parent = parentOf(event)
  const by = parent === undefined ? '' : `, started by ${parent}`
  const deviations: FoundDeviation[] = []
  const known = profile.exec(path)
  if (origin === 'memory')
    deviations.push(found('memory-executable', 'critical', path, `a program runs from memory: ${path}${by}`))
  else if (origin === 'upper-layer')
    deviations.push(
      found(
        'upper-layer-executable',
        'critical',
        path,
        `a program runs that the image does not have: ${path}${by}`,
      ),
    )
  else if (known === undefined)
    deviations.push(
      found('new-executable', 'high', path, `a program runs that is not in the profile: ${path}${by}`),
    )
  else if (digest !== undefined && known.digests.length > 0 && !known.digests.includes(digest))
    deviations.push(found('changed-executable', 'critical', path, `the file of ${path} is another one${by}`))
  const isUsualParent =
    known !== undefined && parent !== undefined && (known.parents === 'any' || known.parents.includes(parent))
  if (isInterpreter(path) && hasNetworkParent && !isUsualParent)
    deviations.push(
      found(
        'network-shell',
        'critical',
        path,
        `a shell or interpreter runs below a process that speaks to others: ${path}${by}`,
      ),
    )
  if (known !== undefined && deviations.length === 0 && event.arguments !== undefined) {
    const shape = argumentShape(event.arguments, path)
    if (known.shapes !== 'any' && known.shapes.length > 0 && !known.shapes.includes(shape))
      deviations.push(
        found(
          'new-arguments',
          gradeArguments(path, shape),
          `${path} ${shape}`,
          `${path} has arguments of a new kind: ${shape}`,
        ),
      )
  }
  return deviations
}

const found = (
  code: FoundDeviation['code'],
  grade: FoundDeviation['grade'],
  subject: string,
  message: string,
) => ({
  code,
  grade,
  subject,
  message,
})

const nameOf = ({ process }: BehaviourEvent) => process.executable ?? process.name ?? 'a process'

const parentOf = ({ process }: BehaviourEvent) => process.parents[0]?.executable ?? process.parents[0]?.name
