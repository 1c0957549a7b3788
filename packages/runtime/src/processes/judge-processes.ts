import type { DriftFinding, DriftSeverity } from '../drift/drift-finding.ts'
import type { FileBaseline } from '../drift/file-baseline.ts'
import type { ObservedProcess, RunningFile } from './observed-process.ts'

/** What is wrong with what a process runs. */
export type ProcessProblem =
  /** Its program exists in memory only (`memfd`). */
  | 'memory-only-executable'
  /** Its program was deleted, and is not of the image. */
  | 'deleted-executable'
  /** Its program is not of the image. */
  | 'foreign-executable'
  /** It runs a script that differs from the image. */
  | 'foreign-script'
  /** It loaded a library that is not of the image, is deleted or in memory only. */
  | 'foreign-library'
  /** Its environment makes it load a library before all others, and the image's configuration does not say so. */
  | 'preloaded-library'

/** A process that runs something that is not of the image. */
export interface ProcessFinding {
  /** Its number, as the host has it. */
  readonly pid: number
  /** For machines; stable. */
  readonly problem: ProcessProblem
  /** How bad it is. */
  readonly severity: DriftSeverity
  /** Path of its program. */
  readonly executable: string
  /** What it runs or loaded. */
  readonly path: string
  /** SHA-256 of what it runs, in hex, where that was read. */
  readonly sha256?: string | undefined
  /** One sentence. */
  readonly message: string
  /** Its command line, shortened. */
  readonly command: readonly string[]
}

/** Options of {@link judgeProcesses}. */
export interface JudgeProcessesOptions {
  /** Files of the image. */
  readonly baseline: FileBaseline
  /** How the files differ. */
  readonly findings: readonly DriftFinding[]
  /** Environment of the image's configuration, `NAME=value`. Default none. */
  readonly environment?: readonly string[] | undefined
}

/** Judges what the processes of a container run, by the hash of the bytes that run. Pure. */
export function judgeProcesses(
  processes: readonly ObservedProcess[],
  { baseline, findings, environment = [] }: JudgeProcessesOptions,
): readonly ProcessFinding[] {
  const drifted = new Map(findings.map((finding) => [finding.path, finding]))
  const isOfImage = ({ sha256 }: RunningFile) => sha256 !== undefined && baseline.pathOf(sha256) !== undefined
  return processes.flatMap(({ pid, executable, scripts, libraries, preload, command }) => {
    const found: ProcessFinding[] = []
    const say = (problem: ProcessProblem, severity: DriftSeverity, file: RunningFile, message: string) =>
      found.push({
        pid,
        problem,
        severity,
        executable: executable.path,
        path: file.path,
        ...(file.sha256 !== undefined && { sha256: file.sha256 }),
        message: `process ${pid} ${message}`,
        command,
      })

    const { path, state } = executable
    if (state === 'memory')
      say('memory-only-executable', 'critical', executable, `runs from memory only, as ${path}`)
    else if (!isOfImage(executable)) {
      if (state === 'deleted')
        say(
          'deleted-executable',
          'critical',
          executable,
          `runs ${path}, which is deleted and not of the image`,
        )
      else if (executable.sha256 !== undefined || baseline.get(path) === undefined)
        say('foreign-executable', 'critical', executable, `runs ${path}, which is not of the image`)
    }

    for (const script of scripts) {
      const finding = drifted.get(script.path)
      const differs =
        finding !== undefined && /added|changed$/.test(finding.class) && finding.flags.length > 0
      if (differs || (script.isRun && !isOfImage(script)))
        say('foreign-script', 'critical', script, `was given ${script.path}, which is not of the image`)
    }

    for (const library of libraries) {
      if (library.state === 'memory')
        say('foreign-library', 'high', library, `executes memory without a file, as ${library.path}`)
      else if (
        !isOfImage(library) &&
        (library.sha256 !== undefined || baseline.get(library.path) === undefined)
      )
        say('foreign-library', 'critical', library, `loaded ${library.path}, which is not of the image`)
    }

    for (const [name, value] of Object.entries(preload)) {
      if (environment.includes(`${name}=${value}`)) continue
      say('preloaded-library', 'high', { path: value, state: 'present' }, `was started with ${name}=${value}`)
    }
    return found
  })
}
