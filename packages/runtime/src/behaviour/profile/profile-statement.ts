import {
  createStatement,
  parsePredicate,
  predicateKinds,
  predicateTypes,
  type Statement,
} from '@sallyport/attest'
import { type Digest, isSallyportError } from '@sallyport/core'
import { RuntimeError } from '../../errors.ts'
import { parseProfile } from './profile-document.ts'
import type { ApprovedProfile, EnforcedProfile } from './profile.ts'

/** `monitor.type` of runtime traces that hold a profile. */
export const profileMonitorType = 'https://sallyport.dev/runtime/behaviour-profile/v1'

/**
 * Writes a profile that someone approved as an in-toto statement about its images, with the predicate runtime-trace 0.1:
 * programs in `monitorLog.process`, endpoints in `network`, files in `fileAccess`, the rest in `tracePolicy`. Sign it with
 * `signStatement` and attach it to each image.
 */
export function createProfileStatement(profile: ApprovedProfile | EnforcedProfile): Statement {
  const { execs, opens, connects, listens, ...policy } = profile
  const predicate = predicateKinds.runtimeTrace.build({
    monitor: { type: profileMonitorType, tracePolicy: toRecord(policy) },
    monitoredProcess: { hostId: profile.family, type: 'container', event: profile.workload },
    monitorLog: {
      process: execs.map(toRecord),
      network: [
        ...connects.map((connect) => ({ ...connect, type: 'connect' })),
        ...listens.map((listen) => ({ ...listen, type: 'listen' })),
      ],
      fileAccess: opens.map(({ path, writes, since }) => ({
        name: path,
        uri: `file://${encodeURI(path.toWellFormed())}`,
        annotations: { writes, since },
      })),
    },
    ...spanOf(profile),
  })
  return createStatement(
    profile.images.map((digest) => ({ digest })),
    predicateTypes.runtimeTrace,
    predicate,
  )
}

/**
 * Reads the profile out of a statement whose signature was verified, for an image and a workload: the same image does other
 * things elsewhere.
 *
 * @throws {RuntimeError} `PROFILE_INVALID` when it holds no profile, one that nobody approved, or one of other images or
 * another workload.
 */
export function readProfileStatement(
  { predicateType, predicate, subject }: Pick<Statement, 'predicateType' | 'predicate' | 'subject'>,
  { image, workload }: { readonly image: Digest; readonly workload: string },
): ApprovedProfile | EnforcedProfile {
  const { monitor, monitorLog } = parseTrace(predicateType, predicate)
  if (monitor.type !== profileMonitorType)
    throw new RuntimeError('PROFILE_INVALID', `a trace of ${monitor.type} holds no profile`)
  const network = monitorLog.network ?? []
  const ofType = (wanted: string) =>
    network
      .filter(({ type }) => type === wanted)
      .map((entry) => Object.fromEntries(Object.entries(entry).filter(([name]) => name !== 'type')))
  const profile = parseProfile({
    ...monitor.tracePolicy,
    execs: monitorLog.process ?? [],
    connects: ofType('connect'),
    listens: ofType('listen'),
    opens: (monitorLog.fileAccess ?? []).map(({ name, annotations }) => ({ path: name, ...annotations })),
  })
  if (profile.state !== 'approved' && profile.state !== 'enforced')
    throw new RuntimeError('PROFILE_INVALID', `the profile is ${profile.state}: nobody approved it`)
  const subjects = subject.flatMap(({ digest }) =>
    Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`),
  )
  if (!profile.images.includes(image) || !subjects.includes(image))
    throw new RuntimeError('PROFILE_INVALID', 'the profile is of other images', { subject: image })
  if (profile.workload !== workload)
    throw new RuntimeError('PROFILE_INVALID', `the profile is of the workload ${profile.workload}`, {
      subject: workload,
    })
  return profile
}

function parseTrace(predicateType: string, predicate: unknown) {
  try {
    return parsePredicate({ predicateType, predicate }, predicateKinds.runtimeTrace)
  } catch (cause) {
    if (!isSallyportError(cause)) throw cause
    throw new RuntimeError('PROFILE_INVALID', `no runtime trace: ${cause.message}`, { cause })
  }
}

const toRecord = (value: object): Record<string, unknown> => ({ ...value })

function spanOf({ runs }: ApprovedProfile | EnforcedProfile) {
  const from = runs.map((run) => run.from).sort()[0]
  const to = runs
    .map((run) => run.to)
    .sort()
    .at(-1)
  return {
    startedOn: from === undefined ? undefined : new Date(from),
    finishedOn: to === undefined ? undefined : new Date(to),
  }
}
