import type { Digest } from '@sallyport/core'

/** What may happen to content. */
export type RegistryAction = 'pull' | 'push' | 'delete' | 'mount'

/** What a handler says of what it did; the rest of the event is known from the request. */
export interface RegistryHappening {
  readonly action: RegistryAction
  /** Missing when only a tag was deleted. */
  readonly digest?: Digest | undefined
  readonly mediaType?: string | undefined
  readonly size?: number | undefined
  readonly tag?: string | undefined
  readonly fromRepository?: string | undefined
  /** Descriptors inside of the manifest. */
  readonly references?: readonly EventDescriptor[] | undefined
}

/** A descriptor in an event. */
export interface EventDescriptor {
  /** What the content is. */
  readonly mediaType: string
  /** What the content hashes to. */
  readonly digest: Digest
  /** Length in bytes. */
  readonly size: number
}

/**
 * Something that happened in the registry, as distribution's notifications describe it
 * (distribution.github.io, "Work with notifications").
 */
export interface RegistryEvent {
  /** Unique to the event. */
  readonly id: string
  /** RFC 3339. */
  readonly timestamp: string
  /** What happened. */
  readonly action: RegistryAction
  /** What it happened to. */
  readonly target: {
    readonly mediaType?: string | undefined
    readonly size?: number | undefined
    /** As `size`. */
    readonly length?: number | undefined
    readonly digest?: Digest | undefined
    readonly repository: string
    /** Of a mount. */
    readonly fromRepository?: string | undefined
    readonly url?: string | undefined
    readonly tag?: string | undefined
    readonly references?: readonly EventDescriptor[] | undefined
  }
  /** The request that did it. */
  readonly request: {
    readonly id: string
    /** Address and port of the client. */
    readonly addr: string
    /** The registry's host as the client wrote it. */
    readonly host: string
    readonly method: string
    readonly useragent: string
  }
  /** Who did it; without a name where nobody signs in. */
  readonly actor: { readonly name?: string | undefined }
  /** The registry that tells of it. */
  readonly source: {
    readonly addr: string
    /** Another one for each start of the registry. */
    readonly instanceID: string
  }
}
