import type { Digest } from '@sallyport/core'

/** What happened to a registry. `tag-moved` and `referrer-deleted` are told by those sources alone that know what was before. */
export type EventAction =
  | 'push'
  | 'tag-moved'
  | 'tag-deleted'
  | 'manifest-deleted'
  | 'referrer-deleted'
  | 'repository-deleted'
  | 'permission-changed'

/** Who did it, as far as it was told. None of it is proof: it can make a push look worse, never better by itself. */
export interface EventActor {
  /** As the registry writes it; absent when it told nothing. */
  readonly name?: string | undefined
  /** `anonymous`: nobody signed in, as the registry says. `unknown`: it says nothing. */
  readonly kind: 'user' | 'robot' | 'system' | 'anonymous' | 'unknown'
  /** Address as it was told; clients can often choose it themselves. */
  readonly address?: string | undefined
  /** Program as it calls itself. */
  readonly userAgent?: string | undefined
}

/** Something that happened in a registry, in the one form that all sources give. A hint: what is there is read anew. */
export interface RegistryEvent {
  /**
   * Equal for repeated deliveries of one event and different for different events, as well as the source allows; the
   * source's name is part of it.
   */
  readonly id: string
  /** Name of the source, e.g. `harbor`. */
  readonly source: string
  /** Id that the source itself gave. */
  readonly rawId?: string | undefined
  /** ISO 8601: when it happened, as the source says. */
  readonly time: string
  /** ISO 8601: the earliest that it can have happened, where `time` is only when that was found. */
  readonly since?: string | undefined
  /** What happened. */
  readonly action: EventAction
  /** Who did it, as far as it was told. */
  readonly actor: EventActor
  /** Host with its port, as in references. */
  readonly registry: string
  /** Path within the registry. */
  readonly repository: string
  /** Absent for what was done by digest. */
  readonly tag?: string | undefined
  /** Absent where the source does not tell; then it is looked up. */
  readonly digest?: Digest | undefined
  /** What the tag led to before, where the source tells. */
  readonly previousDigest?: Digest | undefined
  /** Of the manifest. */
  readonly mediaType?: string | undefined
  /** Of the manifest. */
  readonly artifactType?: string | undefined
  /** Of a referrer. */
  readonly subject?: Digest | undefined
  /** Joins events of one request. */
  readonly requestId?: string | undefined
  /**
   * Position in the source's own count, where it has one: what is missing between two is a gap. Each process counts what it
   * has taken in itself: let all events of such a source go to one.
   */
  readonly sequence?: number | undefined
  /** Says that the registry itself did it, and why. */
  readonly cause?: 'replication' | 'mirror' | 'garbage-collection' | 'retention' | undefined
}
