import type { Image } from '@sallyport/image'

/** A question to a running service. */
export interface SmokeRequest {
  /** Port that the service listens on. */
  readonly port: number
  /** Default `/`. */
  readonly path?: string | undefined
  /** Ask over TLS; the certificate is not checked. Default `false`. */
  readonly tls?: boolean | undefined
}

/** An answer of a running service. */
export interface SmokeAnswer {
  /** E.g. `https://127.0.0.1:443/`. */
  readonly request: string
  /** HTTP status. */
  readonly status: number
  /** At most 64 KiB. */
  readonly body: string
}

/** How a run of an image went. */
export interface SmokeResult {
  /**
   * `passed`: the command ended with 0, or the service gave all answers. `unanswered`: it ended or time was up before.
   */
  readonly status: 'passed' | 'failed' | 'timed-out' | 'unanswered'
  /** Absent when a signal ended it, or for a service. */
  readonly exitCode?: number | undefined
  /** What it printed, the last 1 MiB. */
  readonly stdout: string
  /** What it printed on stderr, the last 1 MiB. */
  readonly stderr: string
  /** In the order of the requests. */
  readonly answers: readonly SmokeAnswer[]
}

/** A port: runs an image and tells what came of it, to be compared with another run by `compareSmoke`. */
export interface SmokeTest {
  /** Names it in reports, e.g. `chroot`. */
  readonly name: string
  /**
   * Runs the image once, and leaves nothing of it behind.
   *
   * @throws {HardenError} `SMOKE_UNAVAILABLE` when it can't be run here, which says nothing about the image.
   */
  run(image: Image, options?: { readonly signal?: AbortSignal | undefined }): Promise<SmokeResult>
}

/** What all adapters run. */
export interface SmokeCommand {
  /** What to run. Default: entry point and command of the image's configuration. */
  readonly command?: readonly string[] | undefined
  /** How long a run may take, in milliseconds. Default 60,000. */
  readonly timeoutMs?: number | undefined
}
