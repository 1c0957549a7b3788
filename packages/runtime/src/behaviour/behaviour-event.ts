import type { Digest } from '@sallyport/core'

/** The container that an event is about, as far as its source tells. */
export interface EventContainer {
  /** Its id, without the runtime's name before it. */
  readonly id?: string | undefined
  /** Its name. */
  readonly name?: string | undefined
  /** Reference of its image, as the source has it. */
  readonly image?: string | undefined
  /** Digest of its image: of the manifest, the index or the configuration. */
  readonly imageDigest?: Digest | undefined
  /** Namespace of its pod. */
  readonly namespace?: string | undefined
  /** Name of its pod. */
  readonly pod?: string | undefined
}

/** A process of a chain of parents. */
export interface EventAncestor {
  /** Its number, as the source counts. */
  readonly pid?: number | undefined
  /** Its name, which a process may choose itself. */
  readonly name?: string | undefined
  /** The file that it runs. */
  readonly executable?: string | undefined
}

/** The process that did something, and who started it, the parent first. */
export interface EventProcess extends EventAncestor {
  /** At most 16. */
  readonly parents: readonly EventAncestor[]
}

/**
 * Who had a process started that is not the workload's own: a probe of the kubelet or a health check, someone who
 * entered the container (`kubectl exec`, `docker exec`), or a debug container.
 */
export type EventTag = 'probe' | 'entered' | 'debug'

interface EventContext {
  /** The tracer, e.g. `tetragon`. */
  readonly source: string
  /** Milliseconds since the epoch. */
  readonly time?: number | undefined
  /** Process that did it. */
  readonly process: EventProcess
  /** Container that the process is in, where it is known. */
  readonly container?: EventContainer | undefined
  /** What the sensor noted besides. */
  readonly tags?: readonly EventTag[] | undefined
}

/** A program was started. */
export interface ExecEvent extends EventContext {
  /** Names the kind. */
  readonly type: 'exec'
  /** Absolute path inside the container. */
  readonly path: string
  /** The arguments, the program's name first, `…` last when the source tells no more of them; absent when it tells none. */
  readonly arguments?: readonly string[] | undefined
  /** Digest of the file, where the source measures it. */
  readonly digest?: Digest | undefined
  /** Where the file lies: in the image, in the container's writable layer, or in memory only. Absent: not known. */
  readonly origin?: 'image' | 'upper-layer' | 'memory' | undefined
}

/** A file was opened. Failed attempts are no events. */
export interface OpenEvent extends EventContext {
  /** Names the kind. */
  readonly type: 'open'
  /** Absolute path inside the container; a pattern (see `generalisePaths`) where a source has only that. */
  readonly path: string
  /** Whether it was opened for writing. */
  readonly writes: boolean
  /** Whether `path` is a pattern of this package and not one path. Default `false`. */
  readonly isPattern?: boolean | undefined
}

/** How an endpoint is spoken to. `unknown`: the source does not tell. */
export type EndpointProtocol = 'tcp' | 'udp' | 'unix' | 'sctp' | 'raw' | 'unknown'

/** A connection was attempted, or a datagram socket given a peer. */
export interface ConnectEvent extends EventContext {
  /** Names the kind. */
  readonly type: 'connect'
  /** Transport protocol. */
  readonly protocol: EndpointProtocol
  /** IP address in its shortest form, or path or `@name` of a unix socket. */
  readonly address: string
  /** 0 for unix sockets. */
  readonly port: number
  /** DNS name, lower case and without the dot at its end, where the source knows it. */
  readonly name?: string | undefined
}

/** A port was taken to wait for peers. */
export interface ListenEvent extends EventContext {
  /** Names the kind. */
  readonly type: 'listen'
  /** Transport protocol. */
  readonly protocol: EndpointProtocol
  /** Address that it was taken on. */
  readonly address: string
  /** 0: one that the kernel chose. */
  readonly port: number
}

/** A capability was asked for. */
export interface CapabilityEvent extends EventContext {
  /** Names the kind. */
  readonly type: 'capability'
  /** E.g. `CAP_NET_RAW`. */
  readonly name: string
}

/** A system call was made, also one that failed. */
export interface SyscallEvent extends EventContext {
  /** Names the kind. */
  readonly type: 'syscall'
  /** Name of the kernel's table, e.g. `openat`. */
  readonly name: string
}

/** Why a stream does not tell all: what it can't be judged or learned by. */
export interface GapEvent {
  /** Names the kind. */
  readonly type: 'gap'
  /** Sensor or file that tells. */
  readonly source: string
  /**
   * `unreadable`: a line that is not as the source writes it. `lost`: the source dropped events. `partial`: it does not
   * see all by its nature, or saw the container only from the middle of its life.
   */
  readonly code: 'unreadable' | 'lost' | 'partial'
  /** In words; never the content of a line. */
  readonly message: string
  /** How many events or lines; at least 1. */
  readonly count: number
  /** Milliseconds since the epoch. */
  readonly time?: number | undefined
}

/** Something that a container did. */
export type BehaviourEvent =
  | ExecEvent
  | OpenEvent
  | ConnectEvent
  | ListenEvent
  | CapabilityEvent
  | SyscallEvent

/** What a stream of events holds: what was done, and where the stream has holes. */
export type RuntimeEvent = BehaviourEvent | GapEvent

/** The kinds of behaviour, each of which a source sees or does not. */
export type BehaviourKind = BehaviourEvent['type']

/** All kinds, in the order of documents. */
export const behaviourKinds: readonly BehaviourKind[] = [
  'exec',
  'open',
  'connect',
  'listen',
  'capability',
  'syscall',
]
