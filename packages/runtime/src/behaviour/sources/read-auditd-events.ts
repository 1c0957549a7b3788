import { normalizePath } from '@sallyport/harden/recordings'
import type { EndpointProtocol, EventAncestor, RuntimeEvent } from '../behaviour-event.ts'
import { type EventSource, gap, linesOf, pathIn, type ReadEventsOptions } from './event-source.ts'
import { parseSocketAddress } from './socket-address.ts'

const source = 'auditd'
/** Records of one event may have others between them; more than these at once are no log of auditd. */
const maxPending = 256
const maxRecords = 4096

/** A record: its fields as they are written, without quotes or with them. */
interface AuditRecord {
  readonly type: string
  readonly fields: ReadonlyMap<string, string>
}

/** Calls that are understood, by the number of the architecture. */
const calls: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // x86_64
  c000003e: {
    2: 'open',
    85: 'creat',
    257: 'openat',
    437: 'openat2',
    59: 'execve',
    322: 'execveat',
    42: 'connect',
    44: 'sendto',
    46: 'sendmsg',
    49: 'bind',
    50: 'listen',
  },
  // aarch64
  c00000b7: {
    56: 'openat',
    437: 'openat2',
    221: 'execve',
    281: 'execveat',
    203: 'connect',
    206: 'sendto',
    211: 'sendmsg',
    200: 'bind',
    201: 'listen',
  },
}

/**
 * Reads the log of auditd (`log_format` RAW or ENRICHED): its `SYSCALL`, `EXECVE`, `CWD`, `PATH` and `SOCKADDR` records,
 * hexadecimal fields included. What is told depends on the rules that are loaded; the log knows no containers, so give
 * the events of one machine that runs one. Lost records are gaps.
 *
 * @throws {RuntimeError} `EVENTS_INVALID` above a limit.
 */
export async function* readAuditdEvents(
  content: EventSource,
  options: ReadEventsOptions = {},
): AsyncGenerator<RuntimeEvent> {
  const pending = new Map<string, AuditRecord[]>()
  const processes = new Map<
    number,
    { readonly process: EventAncestor; readonly parent: number | undefined }
  >()
  for await (const line of linesOf(content, source, options)) {
    const text = line.trim()
    if (text === '' || text === '----' || text.startsWith('time->')) continue
    // What the kernel says of itself, outside of any record.
    const lost = text.includes('audit: ') ? /\baudit_lost=(\d{1,15})/.exec(text) : undefined
    if (lost) {
      yield gap(source, 'lost', 'the kernel lost records', Number(lost[1]))
      continue
    }
    const head = /^(?:node=\S+ )?type=(\S+) msg=audit\((\d{1,12}\.\d{1,9}):(\d{1,20})\)\s?: ?/.exec(text)
    if (!head) {
      yield gap(source, 'unreadable', 'lines that are no records of the audit log')
      continue
    }
    const [whole, type = '', time = '', serial = ''] = head
    if (type === 'DAEMON_ERR' || type === 'DAEMON_ABORT') yield gap(source, 'lost', 'auditd had to stop')
    const id = `${time}:${serial}`
    if (type === 'EOE') {
      yield* finish(id, pending, processes)
      continue
    }
    if (!/^(?:SYSCALL|EXECVE|CWD|PATH|SOCKADDR)$/.test(type)) continue
    const fields = parseFields(text.slice(whole.length))
    const records = pending.get(id)
    if (records === undefined) {
      if (pending.size >= maxPending) yield* finish(pending.keys().next().value!, pending, processes)
      pending.set(id, [{ type, fields }])
    } else if (records.length < maxRecords) records.push({ type, fields })
  }
  for (const id of pending.keys()) yield* finish(id, pending, processes)
}

type Processes = Map<number, { readonly process: EventAncestor; readonly parent: number | undefined }>

function* finish(
  id: string,
  pending: Map<string, AuditRecord[]>,
  processes: Processes,
): Generator<RuntimeEvent> {
  const records = pending.get(id) ?? []
  pending.delete(id)
  const call = records.find(({ type }) => type === 'SYSCALL')?.fields
  const time = Number(id.slice(0, id.indexOf(':'))) * 1000
  if (call === undefined) {
    if (records.length > 0) yield { ...gap(source, 'unreadable', 'events without their system call'), time }
    return
  }
  const name = nameOf(call)
  const process = followProcess(call, processes)
  const context = { source, time, process }
  const folder = textOf(records.find(({ type }) => type === 'CWD')?.fields.get('cwd'))
  const result = Number(call.get('exit') ?? 'NaN')
  const hasFailed = call.get('success') === 'no' || result < 0
  if (name === undefined) return
  yield { ...context, type: 'syscall', name }
  if (name === 'execve' || name === 'execveat') {
    if (hasFailed) return
    const words = argumentsOf(records)
    const path =
      pathOf(records, isRelative(name, call) ? undefined : folder) ?? pathIn(textOf(call.get('exe')))
    if (path === undefined) yield { ...gap(source, 'unreadable', 'programs without a path'), time }
    else
      yield {
        ...context,
        type: 'exec',
        path,
        arguments: words,
        ...(/^\/?memfd:/.test(textOf(call.get('exe')) ?? '') ? { origin: 'memory' as const } : {}),
      }
  } else if (/^(?:open|openat|openat2|creat)$/.test(name)) {
    if (hasFailed) return
    const path = pathOf(records, isRelative(name, call) ? undefined : folder)
    if (path === undefined) yield { ...gap(source, 'unreadable', 'opened files without a path'), time }
    else
      yield {
        ...context,
        type: 'open',
        path,
        writes: name === 'creat' || writes(call.get(name === 'open' ? 'a1' : 'a2')),
      }
  } else if (/^(?:connect|sendto|sendmsg|bind)$/.test(name))
    yield* socketEvents(name, records, hasFailed, context)
}

function* socketEvents(
  name: string,
  records: readonly AuditRecord[],
  hasFailed: boolean,
  context: { source: string; time: number; process: EventAncestor & { parents: readonly EventAncestor[] } },
): Generator<RuntimeEvent> {
  const hex = records.find(({ type }) => type === 'SOCKADDR')?.fields.get('saddr')
  if (hex === undefined && name !== 'connect' && name !== 'bind') return
  const found = hex === undefined ? undefined : parseSocketAddress(hex)
  if (found === undefined)
    yield { ...gap(context.source, 'unreadable', 'socket addresses'), time: context.time }
  else if (found.family !== 'other') {
    const protocol: EndpointProtocol = found.family === 'unix' ? 'unix' : 'unknown'
    const { port } = found
    const address = found.family === 'unix' ? socketPath(found.address, records) : found.address
    if (address === undefined) {
      yield {
        ...gap(context.source, 'unreadable', 'unix sockets of a folder that is not known'),
        time: context.time,
      }
      return
    }
    if (name === 'bind') {
      if (!hasFailed && protocol !== 'unix') yield { ...context, type: 'listen', protocol, address, port }
      return
    }
    // A connection that was refused was attempted nonetheless.
    yield { ...context, type: 'connect', protocol, address, port }
  }
}

function socketPath(address: string, records: readonly AuditRecord[]): string | undefined {
  const folder = textOf(records.find(({ type }) => type === 'CWD')?.fields.get('cwd'))
  return address.startsWith('@') ? address : pathIn(address, folder)
}

/** The name of the call: what ENRICHED or ausearch says, else by its number. */
function nameOf(fields: AuditRecord['fields']): string | undefined {
  const number = fields.get('syscall') ?? ''
  const name = fields.get('SYSCALL') ?? (/^[a-z]\w*$/.test(number) ? number : undefined)
  if (name !== undefined) return /^[a-z]\w{0,31}$/.test(name) ? name : undefined
  return calls[fields.get('arch') ?? '']?.[number]
}

/** The last path that is the file itself, not the folder that it is in. */
function pathOf(records: readonly AuditRecord[], folder: string | undefined): string | undefined {
  const paths = records.filter(({ type, fields }) => type === 'PATH' && fields.get('nametype') !== 'PARENT')
  const first = paths.find(({ fields }) => fields.get('item') === '0') ?? paths.at(-1)
  const isExec = records.some(({ type }) => type === 'EXECVE')
  const name = textOf((isExec ? first : paths.at(-1))?.fields.get('name'))
  return pathIn(name, folder === undefined ? undefined : normalizePath(folder))
}

/** Whether names are relative to another folder than the current one, by the call's first argument: not AT_FDCWD. */
const isRelative = (name: string, call: AuditRecord['fields']) =>
  /at2?$/.test(name) && name !== 'creat' && !/^(?:f{8})?ffffff9c$/.test(call.get('a0') ?? '')

function argumentsOf(records: readonly AuditRecord[]): readonly string[] | undefined {
  const fields = records.find(({ type }) => type === 'EXECVE')?.fields
  const count = Number(fields?.get('argc') ?? 'NaN')
  if (!Number.isInteger(count) || count < 1 || count > 1024) return undefined
  const words: string[] = []
  for (let index = 0; index < count; index++) {
    const word = textOf(fields!.get(`a${index}`))
    // Long ones come in pieces over several records: their shape is not known.
    if (word === undefined) return undefined
    words.push(word)
  }
  return words
}

const maxProcesses = 50_000

function followProcess(call: AuditRecord['fields'], processes: Processes) {
  const numberOf = (name: string) => {
    const number = Number(call.get(name) ?? 'NaN')
    return Number.isSafeInteger(number) && number > 0 ? number : undefined
  }
  const pid = numberOf('pid')
  const executable = pathIn(textOf(call.get('exe')))
  const process = { pid, name: textOf(call.get('comm'))?.slice(0, 256), executable }
  const parent = numberOf('ppid')
  if (pid !== undefined) {
    if (processes.size >= maxProcesses && !processes.has(pid))
      processes.delete(processes.keys().next().value!)
    processes.set(pid, { process, parent })
  }
  const parents: EventAncestor[] = []
  for (let at = parent; at !== undefined && at !== pid && parents.length < 16;) {
    const found = processes.get(at)
    parents.push(found?.process ?? { pid: at })
    at = found?.parent
  }
  return { ...process, parents }
}

/** O_WRONLY, O_RDWR or O_CREAT in hexadecimal flags. */
const writes = (flags: string | undefined) => (Number.parseInt(flags ?? '0', 16) & 0o103) !== 0

/** Fields of a record; what ENRICHED adds comes after a group separator, in capitals. */
function parseFields(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const [, name = '', value = ''] of text
    .replaceAll('\u001d', ' ')
    .matchAll(/(?<![\w-])([A-Za-z_][\w-]{0,63}(?:\[\d+\])?)=("[^"]*"|\{[^{}]*\}|\S*)/g))
    if (!fields.has(name) && fields.size < 2048) fields.set(name, value)
  return fields
}

/** A text: in quotes, or in hexadecimal where it has other characters than auditd quotes. */
function textOf(value: string | undefined): string | undefined {
  if (value === undefined || value === '(null)' || value === '(none)') return undefined
  if (value.startsWith('"')) return value.slice(1, -1)
  return /^(?:[0-9A-F]{2})+$/.test(value) ? Buffer.from(value, 'hex').toString('utf8') : undefined
}
