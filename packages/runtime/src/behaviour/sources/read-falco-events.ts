import { digestIn, timeAt, valueAt } from '@sallyport/harden/recordings'
import { normalizeAddress, normalizeName, toPort } from '../addresses.ts'
import type {
  EndpointProtocol,
  EventAncestor,
  EventTag,
  ExecEvent,
  RuntimeEvent,
} from '../behaviour-event.ts'
import { type EventSource, gap, pathIn, readJsonLines, type ReadEventsOptions } from './event-source.ts'

const source = 'falco'

/**
 * Reads alerts of Falco as JSON lines (`json_output: true`); `json_include_output_fields_property` must be on. Its rules
 * choose what is told, so that the stream begins with a gap: it can be judged, and never completes a profile.
 * Alerts about dropped events are gaps.
 *
 * @throws {RuntimeError} `EVENTS_INVALID` above a limit.
 */
export async function* readFalcoEvents(
  content: EventSource,
  options: ReadEventsOptions = {},
): AsyncGenerator<RuntimeEvent> {
  yield gap(source, 'partial', 'its rules choose what is told')
  yield* readJsonLines(content, source, toEvents, options)
}

type Fields = (name: string) => string | undefined
type Context = Omit<ExecEvent, 'type' | 'path'>

function toEvents(alert: object): readonly RuntimeEvent[] | undefined {
  const rule = valueAt(alert, 'rule')
  if (typeof rule !== 'string') return undefined
  if (/^Falco internal: .*drop/i.test(rule)) {
    const dropped = Number(valueAt(alert, 'output_fields', 'n_drops'))
    return [gap(source, 'lost', 'system calls were dropped', Number.isFinite(dropped) ? dropped : 1)]
  }
  // Alerts of plugins (Kubernetes audit, cloud trails) are not about a process, notes of Falco itself neither.
  if ((valueAt(alert, 'source') ?? 'syscall') !== 'syscall' || rule.startsWith('Falco internal: ')) return []
  const field: Fields = (name) => {
    const value = valueAt(alert, 'output_fields', name)
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    // Metadata that lags is `null`, `<NA>` or empty.
    return typeof value === 'string' && value !== '' && value !== '<NA>' ? value : undefined
  }
  // The node's own programs are nobody's container; metadata that lags calls others so, too.
  if (field('container.id') === 'host' && field('k8s.pod.name') === undefined) return []
  const context: Context = {
    source,
    time: timeAt(alert, 'time'),
    process: {
      ...processOf(field, ''),
      parents: parentsOf(field),
    },
    container: containerOf(field),
    tags: tagsOf(field),
  }
  const type = field('evt.type') ?? ''
  const isExec = /^execve(?:at)?$/.test(type)
  const origin = originOf(field)
  // Not `proc.exe`: that is the first argument, which whoever starts a program chooses.
  const path = pathIn(field('proc.exepath'))
  // Whatever such a program did: that it runs at all is worth as much.
  const isForeign = origin === 'upper-layer' || origin === 'memory'
  const program: readonly RuntimeEvent[] =
    path !== undefined
      ? [{ ...context, type: 'exec', path, origin }]
      : [gap(source, 'unreadable', 'alerts that name no program: add %proc.exepath')]
  if (isExec) return program
  return [...(isForeign ? program : []), ...otherEvents(type, field, context)]
}

function otherEvents(type: string, field: Fields, context: Context): readonly RuntimeEvent[] {
  if (/^(?:open|openat|openat2|creat|open_by_handle_at)$/.test(type)) {
    const path = pathIn(field('fd.name'), field('proc.cwd'))
    if (path === undefined) return [gap(source, 'unreadable', 'alerts that name no file: add %fd.name')]
    const flags = `${field('evt.arg.flags') ?? ''} ${field('evt.is_open_write') ?? ''}`
    return [
      {
        ...context,
        type: 'open',
        path,
        writes: /O_WRONLY|O_RDWR|O_CREAT|true/.test(flags) || type === 'creat',
      },
    ]
  }
  if (/^(?:connect|sendto|sendmsg|sendmmsg|bind|listen)$/.test(type)) {
    const isServer = type === 'bind' || type === 'listen'
    const side = isServer ? 's' : 'r'
    const address = normalizeAddress(
      field(`fd.${side}ip`) ??
        field(isServer ? 'fd.lip' : 'fd.sip') ??
        endpointIn(field, isServer)?.address ??
        '',
    )
    const port = toPort(
      Number(
        field(`fd.${side}port`) ??
          field(isServer ? 'fd.lport' : 'fd.sport') ??
          endpointIn(field, isServer)?.port,
      ),
    )
    if (field('fd.type')?.startsWith('unix') || field('fd.typechar') === 'u') {
      if (isServer) return []
      // `fd.name` is `from->to path`.
      const socket = pathIn(/(?:^|\s)(\/.*)$/.exec(field('fd.name')?.slice(0, 4096) ?? '')?.[1])
      return socket === undefined
        ? [gap(source, 'unreadable', 'alerts that name no unix socket: add %fd.name')]
        : [{ ...context, type: 'connect', protocol: 'unix', address: socket, port: 0 }]
    }
    if (address === undefined || port === undefined)
      return [gap(source, 'unreadable', 'alerts that name no endpoint: add %fd.rip and %fd.rport')]
    const protocol = protocolOf(field('fd.l4proto'))
    if (isServer) return [{ ...context, type: 'listen', protocol, address, port }]
    return [
      { ...context, type: 'connect', protocol, address, port, name: normalizeName(field('fd.sip.name')) },
    ]
  }
  return []
}

/** The end of `fd.name`, which is `client:port->server:port` for connections. */
function endpointIn(
  field: Fields,
  isServer: boolean,
): { readonly address: string; readonly port: string } | undefined {
  const name = field('fd.name')?.slice(0, 256) ?? ''
  const found = /^(?:(.+):(\d+)->)?(.+):(\d+)$/.exec(name)
  if (!found || (isServer && found[1] !== undefined)) return undefined
  return { address: found[3]!.replace(/^\[|\]$/g, ''), port: found[4]! }
}

const protocolOf = (text: string | undefined): EndpointProtocol =>
  text === 'tcp' || text === 'udp' || text === 'raw' ? text : 'unknown'

function originOf(field: Fields): ExecEvent['origin'] {
  if (field('proc.is_exe_from_memfd') === 'true') return 'memory'
  const isUpper = field('proc.is_exe_upper_layer')
  if (isUpper === 'true') return 'upper-layer'
  return field('proc.is_exe_lower_layer') === 'true' ? 'image' : undefined
}

function processOf(field: Fields, letter: '' | 'p'): EventAncestor {
  const pid = Number(field(letter === '' ? 'proc.pid' : 'proc.ppid'))
  return {
    pid: Number.isSafeInteger(pid) && pid > 0 ? pid : undefined,
    name: field(`proc.${letter}name`),
    executable: pathIn(field(`proc.${letter}exepath`)),
  }
}

function parentsOf(field: Fields): readonly EventAncestor[] {
  const parents = [processOf(field, 'p')]
  for (let level = 2; level <= 16; level++) {
    const name = field(`proc.aname[${level}]`)
    const executable = pathIn(field(`proc.aexepath[${level}]`))
    if (name === undefined && executable === undefined) break
    parents.push({ name, executable })
  }
  return parents.filter(({ pid, name, executable }) => pid ?? name ?? executable)
}

function containerOf(field: Fields) {
  const repository = field('container.image.repository')
  const tag = field('container.image.tag')
  const digest = field('container.image.digest')
  return {
    id: field('container.id'),
    name: field('container.name'),
    image: repository === undefined || tag === undefined ? repository : `${repository}:${tag}`,
    imageDigest: digest === undefined ? undefined : digestIn(digest),
    namespace: field('k8s.ns.name'),
    pod: field('k8s.pod.name'),
  }
}

function tagsOf(field: Fields): readonly EventTag[] {
  const isProbe = ['healthcheck', 'liveness_probe', 'readiness_probe'].some(
    (kind) => field(`proc.is_container_${kind}`) === 'true',
  )
  const tags: EventTag[] = isProbe ? ['probe'] : []
  if (!isProbe && Number(field('proc.tty') ?? 0) !== 0) tags.push('entered')
  if (field('container.name')?.startsWith('debugger-')) tags.push('debug')
  return tags
}
