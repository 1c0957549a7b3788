import type { FileRecord } from '@sallyport/core'

/** A file that a process runs or has mapped. */
export interface RunningFile {
  /** As the process sees it; of memory `memfd:NAME`. */
  readonly path: string
  readonly state: 'present' | 'deleted' | 'memory'
  /** SHA-256 in hex of the bytes that run, also of what is deleted; absent when they could not be read. */
  readonly sha256?: string | undefined
  readonly magic?: FileRecord['magic']
}

/** A file that is named on a command line. */
export interface GivenFile extends RunningFile {
  /** Whether the program is an interpreter that runs it, whatever it looks like. */
  readonly isRun: boolean
}

/** A process of a container. */
export interface ObservedProcess {
  readonly pid: number
  readonly executable: RunningFile
  /** Its command line, shortened. */
  readonly command: readonly string[]
  /** Files named on the command line: what an interpreter runs; of other programs the first two. */
  readonly scripts: readonly GivenFile[]
  /** Files mapped with the right to execute, the executable left out. */
  readonly libraries: readonly RunningFile[]
  /** What `LD_PRELOAD` and `LD_AUDIT` of its environment say at its start. */
  readonly preload: Readonly<Record<string, string>>
}

/** Something about a process that could not be read. */
export interface UnknownProcess {
  readonly pid: number
  readonly message: string
}

/** All processes of a container at one time. */
export interface ProcessObservations {
  readonly processes: readonly ObservedProcess[]
  readonly unknown: readonly UnknownProcess[]
  /** Processes that ended while they were looked at. */
  readonly ended: number
}
