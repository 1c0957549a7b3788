import type { AcceptedSigners, AcceptedVerifier, TrustedRoot } from '@sallyport/attest'
import { matchGlob } from '@sallyport/policy'
import type { AlertSeverity } from '../alert/alert.ts'
import type { EventActor } from '../event/registry-event.ts'

/** Who somebody is to a registry; all that is given must be equal. */
export interface ActorIdentity {
  /** Exactly as the registry writes it. */
  readonly name?: string | undefined
  /** As events tell it. */
  readonly kind?: EventActor['kind'] | undefined
}

/** Repositories to watch, and what has to be true of what is in them. */
export interface WatchTerms {
  /** Globs of `registry/repository`, in which `*` stands for any run of characters, `/` too. */
  readonly repositories: readonly string[]
  /** Tier that decisions must be for. */
  readonly tier: string
  /** Gates whose decisions count. */
  readonly verifiers: readonly AcceptedVerifier[]
  /** Whose evidence counts besides that of the verifiers: SBOMs, provenance, signatures. Default: nobody's. */
  readonly signers?: AcceptedSigners | undefined
  /** Authorities behind certificates, where signers are named by identities. */
  readonly root?: TrustedRoot | undefined
  /** Oldest decision that counts, in milliseconds. Default: any age. */
  readonly decisionMaxAgeMs?: number | undefined
  /** Of an unauthorised push. Default `critical`. */
  readonly severity?: AlertSeverity | undefined
  /** Others who may attach something to images, such as scanners. What they attach proves nothing. Default: nobody. */
  readonly attachers?: readonly ActorIdentity[] | undefined
  /**
   * `registry/repository` that journal and decisions name, where a repository is a replica of another one. Default: the
   * repository itself.
   */
  readonly originOf?: ((place: string) => string) | undefined
}

/** Whether a name of {@link WatchTerms} stands for any that is like it. */
export function isGlob(name: string): boolean {
  return name.includes('*')
}

/** Finds the terms of a repository: the first that match. */
export function findTerms(watch: readonly WatchTerms[], place: string): WatchTerms | undefined {
  return watch.find(({ repositories }) => repositories.some((glob) => matchGlob(glob, place)))
}

/** Whether terms may match a repository within a place, such as a project. */
export function isAnyWithin(watch: readonly WatchTerms[], place: string): boolean {
  const within = `${place}/`
  return watch.some(({ repositories }) =>
    repositories.some((glob) => {
      const [head = ''] = glob.split('*', 1)
      // What is behind it is matched by the star.
      return head.startsWith(within) || (head !== glob && within.startsWith(head))
    }),
  )
}

/** `gate`: one of the gate's identities. `system`: the registry itself. `other`: known to be somebody else. */
export type Hand = 'gate' | 'other' | 'system' | 'unknown'

/** Whose hand it was, as far as it is told. */
export function handOf(
  { actor, cause }: { readonly actor: EventActor; readonly cause?: string | undefined },
  gate: readonly ActorIdentity[],
): Hand {
  if (gate.some((identity) => isActor(actor, identity))) return 'gate'
  if (cause !== undefined || actor.kind === 'system') return 'system'
  return actor.name !== undefined || actor.kind === 'anonymous' ? 'other' : 'unknown'
}

/** Whether an actor is the one that is meant. An identity that names nothing is nobody's. */
export function isActor(actor: EventActor, { name, kind }: ActorIdentity): boolean {
  if (name === undefined && kind === undefined) return false
  return (name === undefined || actor.name === name) && (kind === undefined || actor.kind === kind)
}

/** An actor for people. */
export function nameActor({ name, kind }: EventActor): string {
  return name === undefined ? (kind === 'anonymous' ? 'somebody who did not sign in' : 'somebody') : name
}
