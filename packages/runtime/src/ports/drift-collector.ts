import type { FileBaseline } from '../drift/file-baseline.ts'
import type { FileObservation } from '../drift/file-observation.ts'

/** Options of {@link DriftCollector.collect}. */
export interface CollectOptions {
  /** What the image holds: a collector need not read what makes no difference. */
  readonly baseline: FileBaseline
  /** When it fires, what was not looked at by then is told as `unknown`. Default: none. */
  readonly timeLimit?: AbortSignal | undefined
  /** Ends it; the iteration rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** A port: looks at the files of a container in one way, and tells what it saw as a stream. */
export interface DriftCollector {
  /** Names it in reports, e.g. `root`. */
  readonly name: string
  /** `tree`: everything is told, so what is missing is deleted. `changes`: only what differs is told. */
  readonly coverage: 'tree' | 'changes'
  /** Rejects only when nothing could be looked at; what could not be read of the rest is told as `unknown`. */
  collect(options: CollectOptions): AsyncIterable<FileObservation>
}
