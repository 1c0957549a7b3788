import { type Digest, isDigest } from '@sallyport/core'
import { digestIn, numberAt, textAt, timeAt, valueAt } from '@sallyport/harden/recordings'
import { normalizeAddress, toPort } from '../addresses.ts'
import { cutArguments } from '../profile/argument-shape.ts'
import type {
  BehaviourEvent,
  EndpointProtocol,
  EventAncestor,
  EventContainer,
  EventTag,
  ExecEvent,
  RuntimeEvent,
} from '../behaviour-event.ts'
import { type EventSource, gap, pathIn, readJsonLines, type ReadEventsOptions } from './event-source.ts'

const source = 'tetragon'
const hooks = ['process_kprobe', 'process_lsm', 'process_tracepoint'] as const

/**
 * Reads events of Tetragon as JSON lines, as its export file and `tetra getevents` have them. Programs that start are all
 * told; files, connections and capabilities as far as tracing policies hook them. Throttling, rate limits and lost
 * events are gaps.
 *
 * @throws {RuntimeError} `EVENTS_INVALID` above a limit.
 */
export function readTetragonEvents(
  content: EventSource,
  options: ReadEventsOptions = {},
): AsyncGenerator<RuntimeEvent> {
  const processes: Processes = new Map()
  return readJsonLines(content, source, (event) => toEvents(event, processes), options)
}

type Processes = Map<
  string,
  {
    readonly process: EventAncestor
    readonly parent: string | undefined
    readonly container: EventContainer | undefined
  }
>

function toEvents(event: object, processes: Processes): readonly RuntimeEvent[] | undefined {
  const time = timeAt(event, 'time')
  for (const name of ['rate_limit_info', 'process_throttle', 'missed_events']) {
    if (valueAt(event, name) === undefined) continue
    const count = numberAt(event, name, 'number_of_dropped_process_events') ?? 1
    return [{ ...gap(source, 'lost', 'events were limited or lost', count), time }]
  }
  const started = valueAt(event, 'process_exec')
  if (started !== undefined) return execEvents(started, time, processes)
  for (const hook of hooks) {
    const seen = valueAt(event, hook)
    if (seen !== undefined) return hookEvents(seen, time, processes)
  }
  // Ends, loaded libraries and what later releases add.
  const isKnown = Object.keys(event).some((name) => /^(?:process_|test)/.test(name))
  return isKnown ? [] : undefined
}

function execEvents(event: unknown, time: number | undefined, processes: Processes): readonly RuntimeEvent[] {
  const process = valueAt(event, 'process')
  if (containerOf(process, processes) === undefined) {
    remember(process, processes)
    return []
  }
  const binary = textAt(process, 'binary')
  const path = pathIn(binary?.replace(/ \(deleted\)$/, ''), textAt(process, 'cwd'))
  const context = contextOf(event, time, processes)
  if (path === undefined) return [{ ...gap(source, 'unreadable', 'programs without a path'), time }]
  return [
    { ...context, type: 'exec', path, arguments: argumentsOf(path, process), ...originOf(process, binary) },
  ]
}

/** Tetragon joins them by spaces, those that have some in quotes: not for certain what they were, and enough for a shape. */
function argumentsOf(path: string, process: unknown): readonly string[] | undefined {
  const flags = textAt(process, 'flags') ?? ''
  if (flags.includes('errorArgs')) return undefined
  const words = (textAt(process, 'arguments') ?? '').match(/"[^"]*"|[^ ]+/g) ?? []
  return [
    path,
    ...words.map((word) => word.replaceAll(/^"|"$/g, '')),
    ...(flags.includes('truncArgs') ? [cutArguments] : []),
  ]
}

function originOf(process: unknown, binary = ''): Pick<ExecEvent, 'origin' | 'digest'> {
  const hash = textAt(process, 'binary_properties', 'file', 'hash', 'sha256')
  const text = `sha256:${hash?.replace(/^sha256:/, '')}`
  const digest: Digest | undefined = isDigest(text) ? text : undefined
  const links = numberAt(process, 'binary_properties', 'file', 'inode', 'links')
  const isMemory = links === 0 || /^\/?memfd:/.test(binary) || binary.endsWith(' (deleted)')
  return { digest, origin: isMemory ? 'memory' : undefined }
}

function hookEvents(event: unknown, time: number | undefined, processes: Processes): readonly RuntimeEvent[] {
  const process = valueAt(event, 'process')
  if (containerOf(process, processes) === undefined) return []
  const hook = textAt(event, 'function_name') ?? textAt(event, 'event') ?? ''
  const failed = numberAt(event, 'return', 'int_arg')
  const context = contextOf(event, time, processes)
  const list = valueAt(event, 'args')
  const all: readonly unknown[] = Array.isArray(list) ? list.slice(0, 16) : []
  // MAY_WRITE of security_file_permission's mask.
  const writes =
    /file_permission/.test(hook) && all.some((one) => ((numberAt(one, 'int_arg') ?? 0) & 2) !== 0)
  const events: RuntimeEvent[] = []
  for (const argument of all) {
    const found = argumentEvent(argument, hook, writes, context)
    // A check of a capability that was denied was asked for nonetheless; a connection in progress is an error too.
    if (found === 'unreadable')
      events.push({ ...gap(source, 'unreadable', 'arguments that are not whole'), time })
    else if (found && ((failed ?? 0) >= 0 || found.type === 'capability' || found.type === 'connect'))
      events.push(found)
  }
  return events
}

type Context = ReturnType<typeof contextOf>

function argumentEvent(
  argument: unknown,
  hook: string,
  writes: boolean,
  context: Context,
): BehaviourEvent | 'unreadable' | undefined {
  const file = valueAt(argument, 'file_arg') ?? valueAt(argument, 'path_arg')
  if (file !== undefined) {
    if (!/open|fd_install|file_permission/.test(hook)) return undefined
    const path = pathIn(textAt(file, 'path'))
    if (path === undefined || /unresolvedPathComponents/.test(textAt(file, 'flags') ?? ''))
      return 'unreadable'
    return { ...context, type: 'open', path, writes }
  }
  const socket = valueAt(argument, 'sock_arg') ?? valueAt(argument, 'skb_arg')
  if (socket !== undefined) {
    if (/connect/.test(hook)) return endpoint('connect', socket, 'd', context)
    return /listen|bind/.test(hook) ? endpoint('listen', socket, 's', context) : undefined
  }
  const address = valueAt(argument, 'sockaddr_arg')
  if (address !== undefined) {
    if (/connect/.test(hook)) return endpoint('connect', address, '', context)
    return /bind/.test(hook) ? endpoint('listen', address, '', context) : undefined
  }
  const capability = textAt(argument, 'capability_arg', 'name')
  return capability === undefined ? undefined : { ...context, type: 'capability', name: capability }
}

function endpoint(
  type: 'connect' | 'listen',
  socket: unknown,
  side: 's' | 'd' | '',
  context: Context,
): BehaviourEvent | 'unreadable' | undefined {
  const family = textAt(socket, 'family')
  if (family !== undefined && !/^AF_INET6?$/.test(family)) return undefined
  const address = normalizeAddress(textAt(socket, `${side}addr`) ?? '')
  const port = toPort(numberAt(socket, `${side}port`))
  if (address === undefined || port === undefined) return 'unreadable'
  const text = textAt(socket, 'protocol')
    ?.toLowerCase()
    .replace(/^ipproto_/, '')
  const protocol: EndpointProtocol = text === 'tcp' || text === 'udp' || text === 'sctp' ? text : 'unknown'
  return { ...context, type, protocol, address, port }
}

function contextOf(event: unknown, time: number | undefined, processes: Processes) {
  const process = valueAt(event, 'process')
  remember(valueAt(event, 'parent'), processes)
  remember(process, processes)
  const parents: EventAncestor[] = []
  let at = textAt(process, 'parent_exec_id')
  for (let found = at && processes.get(at); found && parents.length < 16; found = at && processes.get(at)) {
    parents.push(found.process)
    at = found.parent
  }
  return {
    source,
    time,
    process: { ...ancestorOf(process), parents },
    container: containerOf(process, processes),
    tags: tagsOf(process),
  }
}

const maxProcesses = 50_000

function remember(process: unknown, processes: Processes): void {
  const id = textAt(process, 'exec_id')
  if (id === undefined) return
  const container = containerOf(process, processes)
  // Who was seen last is forgotten last.
  processes.delete(id)
  if (processes.size >= maxProcesses) processes.delete(processes.keys().next().value!)
  processes.set(id, {
    process: ancestorOf(process),
    parent: textAt(process, 'parent_exec_id'),
    container,
  })
}

function ancestorOf(process: unknown): EventAncestor {
  const executable = pathIn(textAt(process, 'binary'), textAt(process, 'cwd'))
  return {
    // Protobuf's wrapper of a number is written as the number or as an object.
    pid: numberAt(process, 'pid') ?? numberAt(process, 'pid', 'value'),
    name: executable?.slice(executable.lastIndexOf('/') + 1),
    executable,
  }
}

/**
 * The container of a process: what the event says, else that of the same process or its parent, for metadata lags.
 * `undefined`: a program of the node.
 */
function containerOf(process: unknown, processes: Processes): EventContainer | undefined {
  if (textAt(process, 'docker') === undefined && valueAt(process, 'pod') === undefined)
    return (
      processes.get(textAt(process, 'exec_id') ?? '') ??
      processes.get(textAt(process, 'parent_exec_id') ?? '')
    )?.container
  const image = textAt(process, 'pod', 'container', 'image', 'id')
  return {
    id: (textAt(process, 'pod', 'container', 'id') ?? textAt(process, 'docker'))?.replace(
      /^[a-z-]+:\/\//,
      '',
    ),
    name: textAt(process, 'pod', 'container', 'name'),
    image: textAt(process, 'pod', 'container', 'image', 'name'),
    imageDigest: image === undefined ? undefined : digestIn(image),
    namespace: textAt(process, 'pod', 'namespace'),
    pod: textAt(process, 'pod', 'name'),
  }
}

function tagsOf(process: unknown): readonly EventTag[] {
  const tags: EventTag[] = []
  if (valueAt(process, 'pod', 'container', 'maybe_exec_probe') === true) tags.push('probe')
  // No descendant of the container's first process: someone entered it.
  else if (valueAt(process, 'in_init_tree') === false) tags.push('entered')
  if (textAt(process, 'pod', 'container', 'name')?.startsWith('debugger-')) tags.push('debug')
  return tags
}
