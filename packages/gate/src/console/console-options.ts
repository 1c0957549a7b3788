import type { Signer } from '@sallyport/attest'
import type { Clock } from '@sallyport/core'
import type { WaiverTerms } from '@sallyport/policy'
import type { Journal } from '../ports/journal.ts'
import type { QuarantineStore } from '../ports/quarantine-store.ts'
import type { ConsoleEvent } from './console-event.ts'

/** Who may sign in, by a secret of his own. */
export interface ReviewerToken {
  /** His name, as it gets into approvals. */
  readonly reviewer: string
  /** At least 20 characters, hard to guess. */
  readonly token: string
}

/** How reviewers are known: by tokens at a form of the console, or by a platform's own sign-in. */
export type ReviewerSignIn =
  | {
      /** May be empty: then only codes of {@link ReviewConsole.issueSignInCode} let anybody in. */
      readonly tokens: readonly ReviewerToken[]
    }
  | {
      /** The name of who sends a request, proven by the platform; `undefined`: nobody who may review. */
      readonly authenticate: (request: Request) => string | undefined | Promise<string | undefined>
    }

/** How the console approves; the rules are those of `QuarantineStore.approve`. */
export interface ReviewApproval {
  /** The reviewers' key, or that of one of them. Not one of the gate's own identities. */
  readonly signer: Signer | ((reviewer: string) => Signer | Promise<Signer>)
  /** What a tier of the policy says of waivers, asked each time; `undefined`: there is no such tier, nothing is approved. */
  readonly terms: (
    tier: string,
  ) =>
    | Pick<WaiverTerms, 'allowed' | 'maxLifetimeMs'>
    | undefined
    | Promise<Pick<WaiverTerms, 'allowed' | 'maxLifetimeMs'> | undefined>
  /** Longest approval, in milliseconds, where the tier says nothing. Default 90 days. */
  readonly maxLifetimeMs?: number | undefined
}

/** Options of {@link createReviewConsole}. */
export interface ReviewConsoleOptions {
  /** What is shown and decided about. It stays open when the console ends. */
  readonly quarantine: QuarantineStore
  /** Shows promotions and their steps. Default: no such pages. */
  readonly journal?: Journal | undefined
  /** How reviewers say who they are. */
  readonly signIn: ReviewerSignIn
  /** Default: images can be rejected, but not approved. */
  readonly approval?: ReviewApproval | undefined
  /**
   * Path that it is mounted under, such as `/review`. Default: the root. On a loopback address make it one that nobody can
   * guess: other programs of the machine get the cookies of all paths that they know.
   */
  readonly prefix?: string | undefined
  /**
   * Origins that browsers know it by, such as `https://gate.example`, with TLS except on this machine; requests for other
   * hosts are refused. Default: loopback names with any port.
   */
  readonly origins?: readonly string[] | undefined
  /** How long somebody stays signed in, in milliseconds. Default 8 hours. */
  readonly sessionMs?: number | undefined
  /** Most sessions at once; the oldest end. Default 1,000. */
  readonly maxSessions?: number | undefined
  /**
   * Failed sign-ins of one address, of IPv6 of one /64, within a minute before all of it are refused for that minute.
   * Default 10.
   */
  readonly maxFailedSignIns?: number | undefined
  /** Largest form, in bytes. Default 16 KiB. */
  readonly maxBodyBytes?: number | undefined
  /** How long a form may take to come, in milliseconds. Default 10,000. */
  readonly bodyTimeoutMs?: number | undefined
  /** Requests at once; more are answered 503. Default 100. */
  readonly maxRequests?: number | undefined
  /** Told what happened; holds no secret. What it throws changes nothing. */
  readonly onEvent?: ((event: ConsoleEvent) => void) | undefined
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined
}
