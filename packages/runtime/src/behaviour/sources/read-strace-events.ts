import {
  followStrace,
  parseCall,
  type StraceCall,
  toContainerPath,
  type TracedProcess,
} from '@sallyport/harden/recordings'
import { normalizeAddress, toPort } from '../addresses.ts'
import { cutArguments } from '../profile/argument-shape.ts'
import type { EndpointProtocol, EventAncestor, RuntimeEvent } from '../behaviour-event.ts'
import { type EventSource, gap, linesOf, pathIn, type ReadEventsOptions } from './event-source.ts'

const source = 'strace'

/** Options of {@link readStraceEvents}. */
export interface ReadStraceEventsOptions extends ReadEventsOptions {
  /** Folder where the first process started. Default unknown: names relative to it are gaps. */
  readonly workingDirectory?: string | undefined
  /**
   * Folders that were the container's root, where the tracer ran outside of it. What processes do outside of them is
   * left out: system calls too, until the process has entered one.
   */
  readonly roots?: readonly string[] | undefined
}

/**
 * Reads the output of `strace -f`, best with `-ttt -yy`: programs that start, files that are opened, connections, ports
 * that are taken, and each system call once for a process. `-e trace=` says what can be in it. Lines that can't be read
 * are gaps.
 *
 * @throws {RuntimeError} `EVENTS_INVALID` above a limit.
 */
export async function* readStraceEvents(
  content: EventSource,
  { workingDirectory, roots, ...options }: ReadStraceEventsOptions = {},
): AsyncGenerator<RuntimeEvent> {
  const processes = new Map<number, TracedProcess>()
  const seen = new Set<string>()
  let time: number | undefined
  const isNew = (pid: number | undefined, name: string) => {
    const key = `${pid} ${name}`
    if (seen.has(key)) return false
    // A reader that forgets repeats itself, which harms nobody.
    if (seen.size > 500_000) seen.clear()
    seen.add(key)
    return true
  }
  for await (const step of followStrace(linesOf(content, source, options), workingDirectory)) {
    if (step.type === 'unreadable') {
      yield { ...gap(source, 'unreadable', 'lines that are not as strace writes them'), time }
      continue
    }
    const pid = step.type === 'call' ? step.call.pid : step.pid
    const name = step.type === 'call' ? step.call.name : step.name
    if (step.type === 'call') {
      time = step.call.time ?? time
      if (processes.size > 200_000) processes.clear()
      processes.set(pid ?? 0, step.process)
    }
    const traced = processes.get(pid ?? 0)
    const isInside =
      roots === undefined ||
      (traced !== undefined && toContainerPath(traced.place.root || '/', roots) !== undefined)
    if (!isInside) continue
    const context = { source, time, process: processOf(pid, processes, roots) }
    // How the tracer's own helper came in.
    if (name !== 'chroot' && isNew(pid, name)) yield { ...context, type: 'syscall', name }
    if (step.type !== 'call') continue
    const { call, file, process } = step
    if (file && !file.isMissing && (file.operation === 'exec' || file.operation === 'open')) {
      const path = file.exact ? pathIn(toContainerPath(file.path, roots)) : undefined
      if (path === undefined) {
        if (!file.exact)
          yield { ...gap(source, 'unreadable', 'names relative to a folder that is not known'), time }
      } else if (file.operation === 'exec')
        yield {
          ...context,
          type: 'exec',
          path,
          arguments: argumentsOf(call),
          origin: isMemory(file.path) ? 'memory' : undefined,
        }
      else yield { ...context, type: 'open', path, writes: /O_(?:WRONLY|RDWR|CREAT)/.test(flagsOf(call)) }
    } else yield* socketEvents(call, process, context)
  }
}

type Context = { source: string; time: number | undefined; process: ReturnType<typeof processOf> }

function* socketEvents(call: StraceCall, process: TracedProcess, context: Context): Generator<RuntimeEvent> {
  const { name, arguments: list, result } = call
  const hasFailed = result.startsWith('-1')
  if (name === 'socket') {
    const descriptor = Number.parseInt(result, 10)
    // Beside the paths of other descriptors, so that it is inherited and copied as they are.
    if (descriptor >= 0) process.files.set(descriptor, `socket:${socketProtocol(list)}`)
    return
  }
  // A connection that was refused was attempted nonetheless.
  if (!/^(?:connect|bind|sendto|sendmsg|sendmmsg)$/.test(name) || (hasFailed && name === 'bind')) return
  // The data that is sent is the sender's own: an address that is written in it is none.
  const addresses = list
    .filter(({ string }) => string === undefined)
    .flatMap(({ text }) => withoutData(text).match(addressPattern) ?? [])
  if (name === 'sendmmsg' && list.some(({ text }) => /\}, \.\.\.\]|^0x/.test(withoutData(text))))
    yield { ...gap(source, 'unreadable', 'packets that were not told'), time: context.time }
  for (const address of addresses.slice(0, 1024)) {
    const found = parseAddress(address, process.place.folder)
    if (found === 'unreadable') yield { ...gap(source, 'unreadable', 'socket addresses'), time: context.time }
    else if (found !== undefined) {
      const protocol = found.port === undefined ? 'unix' : protocolOf(list[0]?.text ?? '', process)
      if (name !== 'bind')
        yield { ...context, type: 'connect', protocol, address: found.address, port: found.port ?? 0 }
      else if (protocol !== 'unix')
        yield { ...context, type: 'listen', protocol, address: found.address, port: found.port ?? 0 }
    }
  }
}

/** An address, up to the next one; what is in quotes is of one piece. */
const addressPattern = /\bsa_family=(?:[^"]|"(?:[^"\\]|\\.)*")*?(?=\bsa_family=|$)/g

/** What a call was given, without the texts in it that are no part of an address. */
const withoutData = (text: string) =>
  text.replaceAll(
    /(inet_addr\(|inet_pton\(AF_INET6, |sun_path=@?)?"(?:[^"\\]|\\.)*"/g,
    (whole, before: string | undefined) => (before === undefined ? '""' : whole),
  )

/** `undefined`: no endpoint, such as netlink or the end of an association. */
function parseAddress(
  text: string,
  folder: string | undefined,
): { readonly address: string; readonly port: number | undefined } | 'unreadable' | undefined {
  const family = /sa_family=(\w+)/.exec(text)?.[1]
  if (family === 'AF_UNIX' || family === 'AF_LOCAL') {
    const path = /sun_path=(@?)("(?:[^"\\]|\\.)*")/.exec(text)
    if (!path) return undefined
    const call = parseCall(`path(${path[2]}) = 0`, undefined, undefined)
    const name = call.type === 'call' ? call.arguments[0]?.string : undefined
    const address = path[1] === '@' ? name && `@${name}` : pathIn(name, folder)
    return address === undefined ? 'unreadable' : { address, port: undefined }
  }
  if (family !== 'AF_INET' && family !== 'AF_INET6') return undefined
  const address = normalizeAddress(/(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]*)"/.exec(text)?.[1] ?? '')
  const port = toPort(Number(/sin6?_port=htons\((\d+)\)/.exec(text)?.[1] ?? Number.NaN))
  return address === undefined || port === undefined ? 'unreadable' : { address, port }
}

/** From what `-yy` tells of the descriptor, else from how the socket was made. */
function protocolOf(descriptor: string, process: TracedProcess): EndpointProtocol {
  const told = /^\d+<(TCP|UDP|UNIX|SCTP|RAW)/.exec(descriptor)?.[1]?.toLowerCase()
  const made = process.files.get(Number.parseInt(descriptor, 10))?.replace(/^socket:/, '')
  const name = told ?? made
  return name === 'tcp' || name === 'udp' || name === 'unix' || name === 'sctp' || name === 'raw'
    ? name
    : 'unknown'
}

function socketProtocol(list: StraceCall['arguments']): string {
  const [family = '', type = '', protocol = ''] = list.map(({ text }) => text)
  if (/^(?:AF|PF)_(?:UNIX|LOCAL)/.test(family)) return 'unix'
  if (!/^(?:AF|PF)_INET/.test(family)) return 'unknown'
  if (protocol.includes('SCTP')) return 'sctp'
  if (type.includes('SOCK_STREAM')) return 'tcp'
  if (type.includes('SOCK_DGRAM')) return 'udp'
  return type.includes('SOCK_RAW') ? 'raw' : 'unknown'
}

const isMemory = (path: string) =>
  /^\/(?:memfd:|dev\/fd\/|proc\/(?:self|thread-self|\d+)\/(?:task\/\d+\/)?fd\/)/.test(path)

const flagsOf = ({ arguments: list }: StraceCall) =>
  list.map(({ text, string }) => (string === undefined ? text : '')).join(' ')

/** The second argument of execve: a list of strings, unless strace gave only its address. */
function argumentsOf({ name, arguments: list }: StraceCall): readonly string[] | undefined {
  const text = list[name === 'execveat' ? 2 : 1]?.text ?? ''
  if (!text.startsWith('[') || !text.endsWith(']')) return undefined
  const isCut = text.endsWith(', ...]')
  const call = parseCall(`list(${text.slice(1, isCut ? -', ...]'.length : -1)}) = 0`, undefined, undefined)
  if (call.type !== 'call') return undefined
  const words = call.arguments.map(({ string }) => string)
  if (!words.every((word) => word !== undefined)) return undefined
  return isCut ? [...words, cutArguments] : words
}

function processOf(
  pid: number | undefined,
  processes: ReadonlyMap<number, TracedProcess>,
  roots: readonly string[] | undefined,
) {
  const describe = (number: number | undefined): EventAncestor => {
    const found = processes.get(number ?? 0)
    const path = found?.executable
    return {
      pid: number,
      name: found?.program,
      executable: path === undefined ? undefined : toContainerPath(path, roots),
    }
  }
  const parents: EventAncestor[] = []
  for (
    let at = processes.get(pid ?? 0)?.parent;
    at !== undefined && parents.length < 16;
    at = processes.get(at)?.parent
  )
    parents.push(describe(at))
  return { ...describe(pid), parents }
}
