import type { FileRecord } from '@sallyport/core'

/** A file that a process runs or has mapped. */
export interface RunningFile {
  /** As the process sees it; of memory `memfd:NAME`. */
  readonly path: string
  /** Whether it is there, was deleted since, or never was a file. */
  readonly state: 'present' | 'deleted' | 'memory'
  /** SHA-256 in hex of the bytes that run, also of what is deleted; absent when they could not be read. */
  readonly sha256?: string | undefined
  /** What its first bytes say it is. */
  readonly magic?: FileRecord['magic']
}

/** A file that is named on a command line. */
export interface GivenFile extends RunningFile {
  /** Whether the program is an interpreter that runs it, whatever it looks like. */
  readonly isRun: boolean
}

/** A process of a container. */
export interface ObservedProcess {
  /** Its number, as the host has it. */
  readonly pid: number
  /** The program that it runs. */
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
  /** Its number, as the host has it. */
  readonly pid: number
  /** What could not be read, in a sentence. */
  readonly message: string
}

/** All processes of a container at one time. */
export interface ProcessObservations {
  /** The processes that were read. */
  readonly processes: readonly ObservedProcess[]
  /** What could not be read. */
  readonly unknown: readonly UnknownProcess[]
  /** Processes that ended while they were looked at. */
  readonly ended: number
}
