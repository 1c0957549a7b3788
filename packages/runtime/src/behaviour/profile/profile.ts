import type { Digest } from '@sallyport/core'
import type { BehaviourKind, EndpointProtocol } from '../behaviour-event.ts'

interface Since {
  /** When it was first seen (RFC 3339, UTC, with milliseconds). */
  readonly since: string
}

/** A program that the workload runs. */
export interface ProfiledExec extends Since {
  /** As it is called: links are not followed. */
  readonly path: string
  /** Digests of its file, of each image of the family; sorted. */
  readonly digests: readonly Digest[]
  /** What its arguments look like (see {@link argumentShape}), sorted; `any` when there were more than 16. */
  readonly shapes: readonly string[] | 'any'
  /** Programs that started it, sorted; `any` when there were more than 16. */
  readonly parents: readonly string[] | 'any'
  /** Whether it listened or connected. */
  readonly usesNetwork: boolean
  /** Whether each start was of a file of the image: by the signed manifest, or because its source tells layers apart. */
  readonly isFromImage: boolean
}

/** A file that the workload opens. */
export interface ProfiledOpen extends Since {
  /** A pattern: see `generalisePaths`. */
  readonly path: string
  /** Whether it is opened to be written. */
  readonly writes: boolean
}

/** A peer that the workload speaks to. */
export interface ProfiledConnect extends Since {
  /** Transport protocol. */
  readonly protocol: EndpointProtocol
  /** DNS name, IP address, network (CIDR) or unix socket. */
  readonly peer: string
  /** Port of the peer. */
  readonly port: number
}

/** A port that the workload waits on. */
export interface ProfiledListen extends Since {
  /** Transport protocol. */
  readonly protocol: EndpointProtocol
  /** Address that it waits on. */
  readonly address: string
  /** The port. */
  readonly port: number
}

/** A capability or a system call. */
export interface ProfiledName extends Since {
  /** Its name, such as `CAP_CHOWN` or `openat`. */
  readonly name: string
}

/** Something that was seen, and not learned. */
export interface RefusedExec extends Since {
  /** Path of the program. */
  readonly path: string
  /**
   * `upper-layer`, `memory`: no file of the image. `not-in-image`, `changed`: the signed manifest says so. `entered`:
   * someone entered the container. `descendant`: of a program that was refused.
   */
  readonly reason: 'upper-layer' | 'memory' | 'not-in-image' | 'changed' | 'entered' | 'descendant'
}

/** What a workload goes through, which a profile has to have seen. */
export type RunPhase = 'start' | 'load' | 'reload' | 'probe' | 'schedule' | 'shutdown'

/** One life of a container that was watched. */
export interface ProfiledRun {
  /** Unique: the same run counts once, however often it is merged. */
  readonly id: string
  /** When it began, in ISO 8601. */
  readonly from: string
  /** When it ended, in ISO 8601. */
  readonly to: string
  /** Sorted. */
  readonly phases: readonly RunPhase[]
  /** How many events were seen. */
  readonly events: number
  /** Events that are missing. A run with any never counts as complete. */
  readonly gaps: number
}

/** What was learned of a workload. All lists are sorted and without duplicates. */
export interface ProfileContent {
  /** Names this form, with its version. */
  readonly apiVersion: 'sallyport.dev/behaviour/v1'
  /** What its images have in common, e.g. their repository. */
  readonly family: string
  /** Which workload, e.g. `shop/deployment/cart`, for one image behaves differently in another. */
  readonly workload: string
  /** Images whose containers were watched. */
  readonly images: readonly Digest[]
  /** Kinds of behaviour that all sources saw. Nothing can be said about another one. */
  readonly observes: readonly BehaviourKind[]
  /** Programs that are started. */
  readonly execs: readonly ProfiledExec[]
  /** Files that are opened. */
  readonly opens: readonly ProfiledOpen[]
  /** Peers that are spoken to. */
  readonly connects: readonly ProfiledConnect[]
  /** Ports that are waited on. */
  readonly listens: readonly ProfiledListen[]
  /** Capabilities that are asked for. */
  readonly capabilities: readonly ProfiledName[]
  /** System calls that are made. */
  readonly syscalls: readonly ProfiledName[]
  /** What was seen, and not learned. */
  readonly refused: readonly RefusedExec[]
  /** Runs that it was learned from. */
  readonly runs: readonly ProfiledRun[]
  /** Kinds of which there was too much to keep; their lists are empty, and nothing can be said about them. */
  readonly overflow: readonly (BehaviourKind | 'refused' | 'run')[]
}

/** Who took a step, when, and why. */
export interface ProfileStep {
  /** A person or service. */
  readonly by: string
  /** RFC 3339. */
  readonly at: string
  /** Why, in a sentence. */
  readonly reason: string
}

/** A profile that still grows. */
export interface LearningProfile extends ProfileContent {
  /** Names the state. */
  readonly state: 'learning'
}

/** A profile for a person to look at. */
export interface CandidateProfile extends ProfileContent {
  /** Names the state. */
  readonly state: 'candidate'
  /** The image of the approved profile that it comes from, for a new image of the family. */
  readonly inheritedFrom?: readonly Digest[] | undefined
}

/** A profile that someone answers for. */
export interface ApprovedProfile extends ProfileContent {
  /** Names the state. */
  readonly state: 'approved'
  /** Who approved it, when, and why. */
  readonly approval: ProfileStep
  /** Profiles that it took over from, by digest. */
  readonly inheritedFrom?: readonly Digest[] | undefined
}

/** A profile that what is outside of it is acted on. */
export interface EnforcedProfile extends ProfileContent {
  /** Names the state. */
  readonly state: 'enforced'
  /** Who approved it, when, and why. */
  readonly approval: ProfileStep
  /** Who had it enforced, when, and why. */
  readonly enforcement: ProfileStep
  /** Profiles that it took over from, by digest. */
  readonly inheritedFrom?: readonly Digest[] | undefined
}

/** A profile in any state. */
export type BehaviourProfile = LearningProfile | CandidateProfile | ApprovedProfile | EnforcedProfile
