/** What kind of difference a finding is. */
export type DriftClass =
  /** A program, library or script that the image does not have. */
  | 'binary-added'
  /** A program or library of the image that has other content, or whose name leads to another one. */
  | 'binary-changed'
  /** A script or configuration of the image that has other content, or one that was added. */
  | 'script-or-config-changed'
  /** The database of a package manager has other content. */
  | 'package-installed'
  /** Mode, owner or file capabilities are others; the content is the same. */
  | 'permission-or-capability-changed'
  | 'deleted'
  | 'data-added'
  /** Other data, which nobody executes or is configured by. */
  | 'data-changed'
  /** Nothing that is compared differs: it was only touched. */
  | 'metadata-only'

/**
 * How bad it is, worst first: `critical` something runs that is not of the image; `high` something that could be executed, or
 * gives rights; `medium` configuration; `low` deleted; `minor` data; `info` nothing but metadata.
 */
export type DriftSeverity = 'critical' | 'high' | 'medium' | 'low' | 'minor' | 'info'

/** Severities, the worst first. */
export const driftSeverities = [
  'critical',
  'high',
  'medium',
  'low',
  'minor',
  'info',
] as const satisfies readonly DriftSeverity[]

/** Whether one severity is at least as bad as another. */
export const isAtLeast = (severity: DriftSeverity, least: DriftSeverity): boolean =>
  driftSeverities.indexOf(severity) <= driftSeverities.indexOf(least)

/** What makes a file matter wherever it lies. */
export type DriftFlag =
  | 'executable-bit'
  | 'elf'
  | 'script'
  | 'set-uid'
  | 'set-gid'
  | 'capability'
  | 'device'
  | 'account-database'
  | 'sudo-rules'
  | 'preload'
  | 'scheduled-job'
  | 'trusted-certificates'
  | 'authorized-keys'
  | 'package-database'

/** One path of a container that differs from the image. */
export interface DriftFinding {
  /** The path, in the container. */
  readonly path: string
  /** What kind of difference it is. */
  readonly class: DriftClass
  /** How bad it is. */
  readonly severity: DriftSeverity
  /** One sentence. */
  readonly message: string
  /** What makes it matter. */
  readonly flags: readonly DriftFlag[]
  /** What of the image's file differs. */
  readonly changes: readonly DriftChange[]
  /** SHA-256 of its content now, in hex. */
  readonly sha256?: string | undefined
  /** A path of the image with the same content. */
  readonly sameAs?: string | undefined
  /** A path of the image with the same content that is gone: it was moved, or looks so. */
  readonly movedFrom?: string | undefined
  /** How many paths below it are meant too. */
  readonly below?: number | undefined
  /** Mount point that it lies on. */
  readonly mount?: string | undefined
  /** Processes that run it, by number. */
  readonly pids?: readonly number[] | undefined
}

/** A property of a file and how it differs. */
export interface DriftChange {
  /** Which property differs. */
  readonly property: 'type' | 'content' | 'link-target' | 'device' | 'mode' | 'owner' | 'capability'
  /** What the image has. */
  readonly was: string
  /** What it is in the container. */
  readonly is: string
}
