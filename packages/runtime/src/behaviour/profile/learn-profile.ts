import { type Clock, type Digest, systemClock } from '@sallyport/core'
import { RuntimeError } from '../../errors.ts'
import type { BehaviourEvent, BehaviourKind, ExecEvent, RuntimeEvent } from '../behaviour-event.ts'
import { behaviourKinds } from '../behaviour-event.ts'
import type { ExecutableManifest } from '../ports/executable-manifest.ts'
import { argumentShape } from './argument-shape.ts'
import { bound, uniqueTexts } from './merge-profiles.ts'
import { escapePath, withoutOwnFolder, withoutOwnNumber } from './path-pattern.ts'
import type {
  LearningProfile,
  ProfiledConnect,
  ProfiledExec,
  ProfiledListen,
  ProfiledName,
  ProfiledOpen,
  RefusedExec,
  RunPhase,
} from './profile.ts'

/** Options of {@link createLearner}. */
export interface LearnerOptions {
  /** What its images have in common, e.g. their repository. */
  readonly family: string
  /** Which workload, e.g. `shop/deployment/cart`. */
  readonly workload: string
  /** The image that runs. Events that name another one are left out. */
  readonly image: Digest
  /** Unique name of this run of the container. */
  readonly run: string
  /** Kinds of behaviour that the sources of the events all see. What is not in it is not learned. */
  readonly observes: readonly BehaviourKind[]
  /** The signed image's files. Given, no program is learned that is not in it as it is signed. */
  readonly manifest?: ExecutableManifest | undefined
  /** When the run began, for events without a time. Default: now. */
  readonly startedAt?: Date | undefined
  /** Time by which runs are dated. Default: the system's. */
  readonly clock?: Clock | undefined
}

/** Learns one run of one container. */
export interface Learner {
  /** Takes an event in. Gaps are counted: a run with one never completes a profile. */
  take(event: RuntimeEvent): void
  /** Says that the run went through a phase. `probe` follows from events too. */
  mark(phase: RunPhase): void
  /** What was learned so far. */
  profile(): LearningProfile
}

/** How many things of a kind are held before they are put together, and how many processes are remembered. */
const batch = 20_000
const maxProcesses = 100_000
const maxContainers = 1000

/**
 * Learns what a container does. Never learned: programs of the writable layer or of memory, programs that the manifest
 * does not have, what these and their children do, and what someone does who entered the container; they are in
 * `refused`, for whoever approves the profile.
 *
 * @throws {RuntimeError} `OPTIONS_INVALID` when a name is empty or nothing is observed.
 */
export function createLearner(options: LearnerOptions): Learner {
  const { family, workload, image, run, manifest, clock = systemClock } = options
  const observes = behaviourKinds.filter((kind) => options.observes.includes(kind))
  for (const [name, value] of Object.entries({ family, workload, run }))
    if (value === '' || value.length > 512)
      throw new RuntimeError('OPTIONS_INVALID', `${name} must have 1 to 512 characters`, { subject: name })
  if (observes.length === 0)
    throw new RuntimeError('OPTIONS_INVALID', 'observes names no kind of behaviour', { subject: 'observes' })

  const startedAt = (options.startedAt ?? clock.now()).toISOString()
  const phases = new Set<RunPhase>()
  const refusedProcesses = new Set<string>()
  const networkPrograms = new Set<string>()
  const containers = new Set<string>()
  let from = startedAt
  let to: string | undefined
  let events = 0
  let gaps = 0
  let held = 0
  let known = bound(
    {
      execs: [],
      opens: [],
      connects: [],
      listens: [],
      capabilities: [],
      syscalls: [],
      refused: [],
      runs: [],
    },
    [],
  )
  let fresh = emptyLists()

  const settle = (): void => {
    known = bound(
      {
        execs: [...known.execs, ...fresh.execs],
        opens: [...known.opens, ...fresh.opens],
        connects: [...known.connects, ...fresh.connects],
        listens: [...known.listens, ...fresh.listens],
        capabilities: [...known.capabilities, ...fresh.capabilities],
        syscalls: [...known.syscalls, ...fresh.syscalls],
        refused: [...known.refused, ...fresh.refused],
        runs: [],
      },
      known.overflow,
    )
    fresh = emptyLists()
    held = 0
  }
  const refuse = (event: BehaviourEvent, reason: RefusedExec['reason'], since: string): void => {
    const key = processKey(event, event.process.pid)
    // Who is forgotten could pass for the workload's own.
    if (refusedProcesses.size >= maxProcesses) gaps++
    else if (key !== undefined) refusedProcesses.add(key)
    if (event.type === 'exec') fresh.refused.push({ path: event.path, reason, since })
  }
  const learn = (event: BehaviourEvent, since: string): void => {
    if (event.tags?.some((tag) => tag !== 'probe')) return refuse(event, 'entered', since)
    const line = [event.process.pid, ...event.process.parents.map(({ pid }) => pid)]
    if (line.some((pid) => refusedProcesses.has(processKey(event, pid) ?? '')))
      return refuse(event, 'descendant', since)
    if (event.type === 'exec') {
      const found = checkExec(event, manifest)
      if (typeof found === 'string') return refuse(event, found, since)
      if (observes.includes('exec')) fresh.execs.push({ ...toExec(event, since), ...found })
      return
    }
    if (event.type === 'connect' || event.type === 'listen') {
      const { executable } = event.process
      if (executable !== undefined && networkPrograms.size < maxProcesses) networkPrograms.add(executable)
    }
    if (observes.includes(event.type)) addTo(fresh, event, since)
  }
  return {
    take(event) {
      const time = toTime(event.time)
      const since = time ?? startedAt
      if (since < from) from = since
      if (time !== undefined && (to === undefined || time > to)) to = time
      if (event.type === 'gap') {
        gaps += event.count
        return
      }
      const { id, imageDigest: named } = event.container ?? {}
      if (named !== undefined && named !== image) {
        // Of the container itself under another name of its image: what it does is not all told.
        if (id !== undefined && containers.has(id)) gaps++
        return
      }
      if (id !== undefined && containers.size < maxContainers) containers.add(id)
      events++
      if (event.tags?.includes('probe')) phases.add('probe')
      learn(event, since)
      if (++held >= batch) settle()
    },
    mark: (phase) => void phases.add(phase),
    profile() {
      settle()
      return {
        apiVersion: 'sallyport.dev/behaviour/v1',
        state: 'learning',
        family,
        workload,
        images: [image],
        observes,
        ...known,
        execs: known.execs.map((exec) =>
          networkPrograms.has(exec.path) ? { ...exec, usesNetwork: true } : exec,
        ),
        runs: [
          {
            id: run,
            from,
            to: to ?? clock.now().toISOString(),
            phases: uniqueTexts(phases) as readonly RunPhase[],
            events,
            gaps,
          },
        ],
      }
    },
  }
}

/**
 * Learns all of a stream as one run: see {@link createLearner}. `phases`: what the run went through.
 */
export async function learnProfile(
  events: AsyncIterable<RuntimeEvent> | Iterable<RuntimeEvent>,
  { phases = [], ...options }: LearnerOptions & { readonly phases?: readonly RunPhase[] | undefined },
): Promise<LearningProfile> {
  const learner = createLearner(options)
  for await (const event of events) learner.take(event)
  for (const phase of phases) learner.mark(phase)
  return learner.profile()
}

interface Lists {
  readonly execs: ProfiledExec[]
  readonly opens: ProfiledOpen[]
  readonly connects: ProfiledConnect[]
  readonly listens: ProfiledListen[]
  readonly capabilities: ProfiledName[]
  readonly syscalls: ProfiledName[]
  readonly refused: RefusedExec[]
}

const emptyLists = (): Lists => ({
  execs: [],
  opens: [],
  connects: [],
  listens: [],
  capabilities: [],
  syscalls: [],
  refused: [],
})

function addTo(lists: Lists, event: Exclude<BehaviourEvent, ExecEvent>, since: string): void {
  switch (event.type) {
    case 'open':
      lists.opens.push({
        path: event.isPattern
          ? event.path
          : withoutOwnNumber(escapePath(withoutOwnFolder(event.path, event.process.pid)), event.process.pid),
        writes: event.writes,
        since,
      })
      break
    case 'connect':
      lists.connects.push({
        protocol: event.protocol,
        peer: event.name ?? event.address,
        port: event.port,
        since,
      })
      break
    case 'listen':
      lists.listens.push({ protocol: event.protocol, address: event.address, port: event.port, since })
      break
    case 'capability':
      lists.capabilities.push({ name: event.name, since })
      break
    case 'syscall':
      lists.syscalls.push({ name: event.name, since })
      break
  }
}

/** Why a program is not learned, or what is known of its file. */
function checkExec(
  { path, origin, digest }: ExecEvent,
  manifest: ExecutableManifest | undefined,
): RefusedExec['reason'] | Pick<ProfiledExec, 'digests' | 'isFromImage'> {
  if (origin === 'upper-layer' || origin === 'memory') return origin
  if (manifest === undefined)
    return { digests: digest === undefined ? [] : [digest], isFromImage: origin === 'image' }
  const signed = manifest.find(path)
  if (signed === undefined) return 'not-in-image'
  if (signed.digest !== undefined && digest !== undefined && signed.digest !== digest) return 'changed'
  const either = signed.digest ?? digest
  return { digests: either === undefined ? [] : [either], isFromImage: true }
}

function toExec(event: ExecEvent, since: string): Omit<ProfiledExec, 'digests' | 'isFromImage'> {
  const parent = event.process.parents[0]
  const parentName = parent?.executable ?? parent?.name
  return {
    path: event.path,
    shapes: event.arguments === undefined ? [] : [argumentShape(event.arguments, event.path)],
    parents: parentName === undefined ? [] : [parentName],
    usesNetwork: false,
    since,
  }
}

/** Names a process among those of several containers. */
export function processKey({ container }: BehaviourEvent, pid: number | undefined): string | undefined {
  return pid === undefined ? undefined : `${container?.id ?? container?.pod ?? ''} ${pid}`
}

function toTime(time: number | undefined): string | undefined {
  if (time === undefined || !(Math.abs(time) < 8.64e15)) return undefined
  const text = new Date(time).toISOString()
  // Years of more than four digits do not sort as text.
  return text.length === 24 ? text : undefined
}
