import { digestIn, numberAt, textAt, timeAt, valueAt } from '@sallyport/harden/recordings'
import { normalizeAddress, normalizeName, toPort } from '../addresses.ts'
import type {
  EndpointProtocol,
  EventAncestor,
  EventContainer,
  EventTag,
  RuntimeEvent,
} from '../behaviour-event.ts'
import { type EventSource, gap, pathIn, readJsonLines, type ReadEventsOptions } from './event-source.ts'

const source = 'inspektor-gadget'
/** Names are kept in 255 bytes, the last of which ends them. */
const cutAt = 254

/**
 * Reads events of Inspektor Gadget as JSON lines (`-o json`): `trace_exec`, `trace_open` (best with `--paths`),
 * `trace_tcpconnect`, `trace_tcp`, `trace_bind`, `trace_capabilities`, and `trace_dns`, which gives later connections the
 * name that their address was looked up by.
 *
 * @throws {RuntimeError} `EVENTS_INVALID` above a limit.
 */
export function readInspektorGadgetEvents(
  content: EventSource,
  options: ReadEventsOptions = {},
): AsyncGenerator<RuntimeEvent> {
  const names = new Map<string, string>()
  return readJsonLines(content, source, (event) => toEvents(event, names), options)
}

function toEvents(event: object, names: Map<string, string>): readonly RuntimeEvent[] | undefined {
  const time = timeAt(event, 'timestamp') ?? timeAt(event, 'timestamp_raw')
  const type = textAt(event, 'type')
  if (type === 'err' || type === 'warn' || valueAt(event, 'lost') !== undefined)
    return [{ ...gap(source, 'lost', 'the tool lost events', numberAt(event, 'lost') ?? 1), time }]
  if (textAt(event, 'qr') !== undefined) return rememberNames(event, names)
  const hasProcess = valueAt(event, 'proc') !== undefined || textAt(event, 'comm') !== undefined
  if (!hasProcess) return undefined
  const context = {
    source,
    time,
    process: processOf(event),
    container: containerOf(event),
    tags: tagsOf(event),
  }

  const opened = textAt(event, 'fullPath') ?? textAt(event, 'fname') ?? textAt(event, 'path')
  if (opened !== undefined) {
    if (hasFailed(event)) return []
    const path = opened.length >= cutAt ? undefined : pathIn(opened, textAt(event, 'cwd'))
    if (path === undefined) return [{ ...gap(source, 'unreadable', 'names that are cut or relative'), time }]
    const flags = textAt(event, 'flags') ?? ''
    return [{ ...context, type: 'open', path, writes: /O_(?:WRONLY|RDWR|CREAT)/.test(flags) }]
  }
  const capability = textAt(event, 'cap')
  if (capability !== undefined) {
    const name = capability.toUpperCase().replace(/^(?:CAP_)?/, 'CAP_')
    return [{ ...context, type: 'capability', name }]
  }
  const peer = valueAt(event, 'dst')
  if (peer !== undefined) {
    // What others open or end is no connection of the container's own.
    if (type !== undefined && type !== 'connect') return []
    const found = endpointOf(peer)
    if (found === undefined) return [{ ...gap(source, 'unreadable', 'connections without an address'), time }]
    const name = names.get(`${context.container.id ?? ''} ${found.address}`)
    return [{ ...context, type: 'connect', ...found, protocol: found.protocol ?? 'tcp', name }]
  }
  const bound = valueAt(event, 'addr')
  if (bound !== undefined) {
    if (hasFailed(event)) return []
    const found = endpointOf(bound) ?? endpointOf(event)
    if (found === undefined) return [{ ...gap(source, 'unreadable', 'ports without an address'), time }]
    return [{ ...context, type: 'listen', ...found, protocol: found.protocol ?? 'unknown' }]
  }
  if (hasFailed(event)) return []
  const words = argumentsOf(event)
  const own = [textAt(event, 'exepath'), textAt(event, 'file')].find((one) => one !== undefined && one !== '')
  // What was asked for is read before the kernel reads it, and may be another name by then.
  const name = own ?? words?.[0]
  const isInMemory = name !== undefined && /^\/?memfd:/.test(name)
  const path = isInMemory
    ? `/${name.replace(/^\//, '')}`
    : (name?.length ?? 0) >= cutAt
      ? undefined
      : pathIn(name?.includes('/') ? name : undefined, textAt(event, 'cwd'))
  if (path === undefined)
    return name === undefined
      ? undefined
      : [{ ...gap(source, 'unreadable', 'programs without a whole path'), time }]
  const isUpper = valueAt(event, 'upper_layer') ?? valueAt(event, 'fupper_layer')
  const origin = isInMemory
    ? 'memory'
    : isUpper === true
      ? 'upper-layer'
      : isUpper === false
        ? 'image'
        : undefined
  const program: RuntimeEvent = { ...context, type: 'exec', path, arguments: words, origin }
  return own === undefined
    ? [
        {
          ...gap(source, 'partial', 'programs by the name that was asked for: run trace_exec with --paths'),
          time,
        },
        program,
      ]
    : [program]
}

const maxNames = 10_000

function rememberNames(event: object, names: Map<string, string>): readonly RuntimeEvent[] {
  if (!/^R/i.test(textAt(event, 'qr')!)) return []
  const name = normalizeName(textAt(event, 'name'))
  const list = valueAt(event, 'addresses')
  const all: readonly unknown[] = Array.isArray(list) ? list : String(list ?? '').split(',')
  for (const one of all.slice(0, 64)) {
    const address = typeof one === 'string' ? normalizeAddress(one.trim()) : undefined
    if (name === undefined || address === undefined) continue
    if (names.size >= maxNames) names.delete(names.keys().next().value!)
    names.set(`${containerOf(event).id ?? ''} ${address}`, name)
  }
  return []
}

function endpointOf(
  value: unknown,
):
  | { readonly address: string; readonly port: number; readonly protocol: EndpointProtocol | undefined }
  | undefined {
  const address = normalizeAddress(textAt(value, 'addr') ?? '')
  const port = toPort(numberAt(value, 'port'))
  if (address === undefined || port === undefined) return undefined
  const text = textAt(value, 'proto')?.toLowerCase()
  // Gadgets of one protocol do not name it.
  const protocol = text === undefined || text === 'tcp' || text === 'udp' ? text : 'unknown'
  return { address, port, protocol }
}

function argumentsOf(event: object): readonly string[] | undefined {
  const list = valueAt(event, 'args')
  if (Array.isArray(list)) return list.every((one) => typeof one === 'string') ? list : undefined
  if (typeof list !== 'string') return undefined
  // Current releases join by no-break spaces, older ones by spaces.
  return list.split(list.includes('\u00a0') ? '\u00a0' : ' ')
}

function hasFailed(event: object): boolean {
  const error = valueAt(event, 'error') ?? valueAt(event, 'err')
  if (typeof error === 'string') return error !== '' && error !== '0'
  if (typeof error === 'number') return error !== 0
  return (numberAt(event, 'ret') ?? numberAt(event, 'retval') ?? 0) < 0
}

function processOf(event: object) {
  const parent: EventAncestor = {
    pid: numberAt(event, 'proc', 'parent', 'pid') ?? numberAt(event, 'ppid'),
    name: textAt(event, 'proc', 'parent', 'comm') ?? textAt(event, 'pcomm'),
  }
  return {
    pid: numberAt(event, 'proc', 'pid') ?? numberAt(event, 'pid'),
    name: textAt(event, 'proc', 'comm') ?? textAt(event, 'comm'),
    executable: pathIn(textAt(event, 'exepath')),
    parents: parent.pid === undefined && parent.name === undefined ? [] : [parent],
  }
}

function containerOf(event: object): EventContainer {
  const digest =
    textAt(event, 'runtime', 'containerImageDigest') ?? textAt(event, 'runtime', 'containerImageName')
  return {
    id: textAt(event, 'runtime', 'containerId'),
    name: textAt(event, 'k8s', 'containerName') ?? textAt(event, 'runtime', 'containerName'),
    image: textAt(event, 'runtime', 'containerImageName'),
    imageDigest: digest === undefined ? undefined : digestIn(digest),
    namespace: textAt(event, 'k8s', 'namespace'),
    pod: textAt(event, 'k8s', 'podName'),
  }
}

const tagsOf = (event: object): readonly EventTag[] =>
  textAt(event, 'k8s', 'containerName')?.startsWith('debugger-') ? ['debug'] : []
