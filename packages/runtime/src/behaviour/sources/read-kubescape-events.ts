import { isSallyportError } from '@sallyport/core'
import { digestIn, readObjects } from '@sallyport/harden/recordings'
import { z } from 'zod'
import { RuntimeError } from '../../errors.ts'
import { normalizeAddress, normalizeName, toPort } from '../addresses.ts'
import type {
  EndpointProtocol,
  EventContainer,
  EventProcess,
  EventTag,
  RuntimeEvent,
} from '../behaviour-event.ts'
import { escapePath } from '../profile/path-pattern.ts'
import { type EventSource, gap, pathIn, type ReadEventsOptions } from './event-source.ts'

const source = 'kubescape'

const neighborSchema = z.object({
  ipAddress: z.string().nullish(),
  dns: z.string().nullish(),
  dnsNames: z.array(z.string()).nullish(),
  ports: z.array(z.object({ port: z.number().nullish(), protocol: z.string().nullish() })).nullish(),
})
const containerSchema = z.object({
  name: z.string().nullish(),
  imageID: z.string().nullish(),
  imageTag: z.string().nullish(),
  capabilities: z.array(z.string()).nullish(),
  execs: z.array(z.object({ path: z.string(), args: z.array(z.string()).nullish() })).nullish(),
  opens: z.array(z.object({ path: z.string(), flags: z.array(z.string()).nullish() })).nullish(),
  syscalls: z.array(z.string()).nullish(),
  ingress: z.array(neighborSchema).nullish(),
  egress: z.array(neighborSchema).nullish(),
})
type Container = z.infer<typeof containerSchema>
const containersSchema = z.array(containerSchema).nullish()
const objectSchema = z.object({
  kind: z.enum(['ApplicationProfile', 'NetworkNeighborhood', 'ContainerProfile']),
  metadata: z.object({
    name: z.string().nullish(),
    namespace: z.string().nullish(),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
  spec: containerSchema.extend({
    containers: containersSchema,
    initContainers: containersSchema,
    ephemeralContainers: containersSchema,
  }),
})

/** Options of {@link readKubescapeEvents}. */
export interface ReadKubescapeOptions extends ReadEventsOptions {
  /** Name of the container whose behaviour is taken. Default: all of the object. */
  readonly container?: string | undefined
}

/**
 * Reads kubescape's `ApplicationProfile`, `NetworkNeighborhood` and `ContainerProfile` (v1beta1), as YAML or JSON, alone,
 * several, or in a `List`, as events: each entry once. One that is not `completed` and `complete` begins with a gap, for
 * its agent saw the container from the middle of its life, or not yet to its end. `⋯`, one part of a path, is kept; paths
 * with `*`, any number of parts, and peers that only a selector names are gaps.
 *
 * @throws {RuntimeError} `EVENTS_INVALID` when it is no such object, or above a limit.
 */
export async function* readKubescapeEvents(
  content: EventSource,
  { container, limits, signal }: ReadKubescapeOptions = {},
): AsyncGenerator<RuntimeEvent> {
  signal?.throwIfAborted()
  for (const { kind, metadata, spec } of await readKubescapeObjects(content, { limits, signal })) {
    const notes = metadata.annotations
    const isComplete =
      /^(?:complete|full)$/.test(notes?.['kubescape.io/completion'] ?? '') &&
      notes?.['kubescape.io/status'] === 'completed'
    if (!isComplete) yield gap(source, 'partial', `a ${kind} that does not say that it is complete`)
    const groups: readonly (readonly [readonly Container[], readonly EventTag[]])[] =
      kind === 'ContainerProfile'
        ? [[[spec], []]]
        : [
            [spec.containers ?? [], []],
            [spec.initContainers ?? [], []],
            [spec.ephemeralContainers ?? [], ['debug']],
          ]
    for (const [list, tags] of groups)
      for (const one of list)
        if (container === undefined || !one.name || one.name === container)
          yield* containerEvents(one, metadata.namespace ?? undefined, tags)
  }
}

function* containerEvents(
  one: Container,
  namespace: string | undefined,
  tags: readonly EventTag[],
): Generator<RuntimeEvent> {
  const container: EventContainer = {
    name: one.name ?? undefined,
    image: one.imageTag ?? undefined,
    imageDigest: one.imageID ? digestIn(one.imageID) : undefined,
    namespace,
  }
  const context = { source, process: { parents: [] }, container, tags }
  for (const { path: name, args } of one.execs ?? []) {
    const path = pathIn(name)
    if (path === undefined || /[⋯*]/.test(path)) yield gap(source, 'unreadable', 'programs that are no path')
    else yield { ...context, type: 'exec', path, arguments: args && args.length > 0 ? args : undefined }
  }
  for (const { path: name, flags } of one.opens ?? []) {
    const path = pathIn(name)
    const parts = path?.split('/') ?? ['*']
    if (parts.some((part) => part.includes('*') || (part.includes('⋯') && part !== '⋯')))
      yield gap(source, 'partial', 'paths that stand for folders of any depth')
    else {
      const isPattern = parts.includes('⋯')
      const written = isPattern
        ? parts.map((part) => (part === '⋯' ? part : escapePath(part))).join('/')
        : path!
      const writes = (flags ?? []).some((flag) => /^O_(?:WRONLY|RDWR|CREAT)$/.test(flag))
      yield { ...context, type: 'open', path: written, writes, isPattern }
    }
  }
  for (const name of one.capabilities ?? [])
    yield { ...context, type: 'capability', name: name.toUpperCase().replace(/^(?:CAP_)?/, 'CAP_') }
  for (const name of one.syscalls ?? []) yield { ...context, type: 'syscall', name }
  for (const peer of one.egress ?? []) yield* peerEvents(peer, 'connect', context)
  for (const peer of one.ingress ?? []) yield* peerEvents(peer, 'listen', context)
}

function* peerEvents(
  { ipAddress, dns, dnsNames, ports }: z.infer<typeof neighborSchema>,
  type: 'connect' | 'listen',
  context: { source: string; process: EventProcess; container: EventContainer; tags: readonly EventTag[] },
): Generator<RuntimeEvent> {
  // A port of the container that others reach is one on an address of the pod.
  const address = type === 'listen' ? '0.0.0.0' : normalizeAddress(ipAddress ?? '')
  const name = type === 'listen' ? undefined : normalizeName(dnsNames?.[0] ?? dns ?? undefined)
  for (const { port: number, protocol: text } of ports ?? []) {
    const port = toPort(number ?? undefined)
    const lower = text?.toLowerCase()
    const protocol: EndpointProtocol =
      lower === 'tcp' || lower === 'udp' || lower === 'sctp' ? lower : 'unknown'
    if (port === undefined || (address === undefined && name === undefined))
      yield gap(source, 'partial', 'peers that only a selector names')
    else if (type === 'listen') yield { ...context, type, protocol, address: '0.0.0.0', port }
    else yield { ...context, type, protocol, address: address ?? '', port, name }
  }
}

async function readKubescapeObjects(
  content: EventSource,
  { limits, signal }: ReadEventsOptions,
): Promise<readonly z.infer<typeof objectSchema>[]> {
  const objects = await readObjects(content, { source, limits, signal }).catch((cause: unknown) => {
    if (!isSallyportError(cause)) throw cause
    throw new RuntimeError('EVENTS_INVALID', cause.message, { cause, subject: source })
  })
  if (objects.length === 0)
    throw new RuntimeError('EVENTS_INVALID', 'kubescape: no object', { subject: source })
  return objects.map((object) => {
    const found = objectSchema.safeParse(object)
    if (found.success) return found.data
    const [issue] = found.error.issues
    throw new RuntimeError('EVENTS_INVALID', `kubescape: ${issue?.path.join('.')}: ${issue?.message}`, {
      subject: source,
    })
  })
}
